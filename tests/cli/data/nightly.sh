#!/bin/sh
# Builds the nightly cluster, runs the report on it, and takes everything down again.
# Written for lava 0.3.7. $1 is a directory to write in.
set -e
cd "$1"
export LAVA_RETRIES=5

NAME=nightly
FLAVOR=$(lava flavors list 2>/dev/null | grep -i 'small' | head -n 1 | cut -d, -f1)
RAM=$(lava flavors list 2>/dev/null | grep "^$FLAVOR," | cut -d, -f3)
echo "flavor $FLAVOR has $RAM MB"

DISTRO=$(lava -F distros list 2>/dev/null | cut -d, -f1 | tail -n 3 | head -n 1)
STACK=$(lava stacks list 2>/dev/null | while read -r line; do
    case "$line" in *,"Core Hadoop",HDP2.3,*) echo "$line" | cut -d, -f1 ;; esac
done)
echo "stack $STACK of $DISTRO"
lava distros get "$DISTRO" --header

lava credentials create_ssh_key laptop id_rsa.pub 2>/dev/null
lava credentials create_cloud_files reports 0123456789abcdef0123456789abcdef 2>/dev/null
echo secret-of-admin | lava credentials create_ambari admin 2>/dev/null
lava credentials list_ssh_keys --header
SCRIPT=$(lava scripts create tools https://example.com/tools.sh post_init 2>/dev/null | cut -d, -f1)
lava scripts update "$SCRIPT" --name better >/dev/null 2>&1
lava scripts list -l '|' 2>/dev/null | grep '|better|' | cut -d'|' -f2-4,6

lava clusters create $NAME "$STACK" --username analyst --ssh-key laptop \
    --user-script "$SCRIPT" --credential cloud_files=reports \
    --node-group "slave0(count=3, flavor_id=$FLAVOR)" >created.txt 2>header.txt
cat header.txt
cut -d, -f2,4,6,7 created.txt
ID=$(cut -d, -f1 created.txt)
lava clusters wait "$ID" --timeout 60 --interval 1 2>/dev/null | cut -d, -f2,3,8

echo "nodes:"
lava nodes list "$ID" 2>/dev/null | sort -t, -k2 | while IFS=, read -r node name role status public private; do
    test -n "$node"
    echo "  $name ($role, $status) $public $private"
done
COUNT=$(lava clusters nodes "$ID" 2>/dev/null | grep -c ,slave0,)
lava clusters resize "$ID" --node-groups "slave0(count=$((COUNT + 1)))" --wait 2>/dev/null | cut -d, -f3
lava --delim ' ' nodes list "$ID" 2>/dev/null | cut -d' ' -f3 | uniq -c | while read -r count role; do
    echo "$role $count"
done

yes | lava clusters services restart "$ID" HDFS YARN 2>/dev/null | cut -d, -f2
yes n | lava clusters services stop "$ID" 2>/dev/null
if lava clusters get no-such-cluster >/dev/null 2>error.txt; then echo "found?"; fi
grep -c '^E[Rr][Rr][Oo][Rr]' error.txt
lava clusters list 2>/dev/null | while IFS=, read -r id name status rest; do
    echo "$name $status"
done

yes | lava clusters delete "$ID" 2>/dev/null
test -z "$(lava clusters list 2>/dev/null)"
lava scripts delete --force "$SCRIPT" 2>/dev/null
yes | lava credentials delete_cloud_files reports 2>/dev/null
yes | lava credentials delete_ambari admin 2>/dev/null
lava credentials delete_ssh_key --force laptop 2>/dev/null
lava credentials list_ssh_keys 2>/dev/null
eval "$(lava authenticate)"
test -n "$AUTH_TOKEN"
echo "done"
