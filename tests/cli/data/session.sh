# What a script for 0.3.x does, from keys to the end of a cluster. $1 is a directory to write in.
set -eu

eval "$(lava authenticate | sed 's/^/export /')"
lava credentials create_ssh_key laptop "$1/id_rsa.pub"
lava credentials create_cloud_files user 0123456789abcdef0123456789abcdef
lava scripts create tools https://example.com/tools.sh POST_INIT
SCRIPT=$(lava scripts list --no-header | grep ,tools, | cut -d, -f1)

cat >"$1/services.json" <<'SERVICES'
[{"name": "HDFS"}, {"name": "YARN"}, {"name": "MapReduce"}]
SERVICES
cat >"$1/groups.json" <<'GROUPS'
[{"id": "master", "flavor_id": "hadoop1-7", "count": 1, "components":
   [{"name": "Namenode"}, {"name": "SecondaryNamenode"}, {"name": "ResourceManager"},
    {"name": "TimelineHistoryServer"}, {"name": "MRHistoryServer"}]},
 {"id": "slave", "flavor_id": "hadoop1-7", "count": 1, "components":
   [{"name": "Datanode"}, {"name": "NodeManager"}, {"name": "MRClient"}, {"name": "HdfsScp"}]}]
GROUPS
STACK=$(lava stacks create mine HDP2.3 "$1/services.json" --node-groups "$1/groups.json" \
  --description 'Made by a script' | cut -d, -f1)

lava clusters create nightly "$STACK" --username analyst --ssh-key laptop \
  --node-groups 'slave(count=3, flavor_id=hadoop1-7)' \
  --user-script "$SCRIPT" --credential cloud_files=user
lava clusters wait nightly --interval 0.1 --timeout 1 2>"$1/progress"
CLUSTER=$(lava clusters list 2>/dev/null | head -n 1 | cut -d, -f1)
echo "nodes: $(lava nodes list "$CLUSTER" 2>/dev/null | wc -l | tr -d ' ')"
lava clusters resize nightly --node-groups 'slave(count=4)' --wait --interval 0.1 2>/dev/null
echo "nodes: $(lava --no-header nodes list "$CLUSTER" | wc -l | tr -d ' ')"
lava clusters delete --force nightly 2>&1
until [ -z "$(lava clusters list -q)" ]; do sleep 0.1; done
lava --headless stacks delete "$STACK"
lava --headless scripts delete "$SCRIPT"
lava --headless credentials delete_ssh_key laptop
lava --headless credentials delete_cloud_files user
