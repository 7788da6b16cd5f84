// Prints each cluster's status and name, until nothing is under way.
const { LAVA_AUTH_URL, LAVA_USERNAME, LAVA_API_KEY, LAVA_REGION_NAME } = process.env;

async function ask(url, headers, body) {
  const options = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
  const answer = await fetch(url, options);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const credentials = { username: LAVA_USERNAME, apiKey: LAVA_API_KEY };
const auth = { auth: { "RAX-KSKEY:apiKeyCredentials": credentials } };
const { access } = await ask(`${LAVA_AUTH_URL}/tokens`, { "Content-Type": "application/json" }, auth);
const { endpoints } = access.serviceCatalog.find(({ type }) => type === "rax:bigdata");
const { publicURL } = endpoints.find((e) => e.region === LAVA_REGION_NAME && e.versionId === "2");

for (let busy = true; busy;) {
  const { clusters } = await ask(`${publicURL}/clusters`, { "X-Auth-Token": access.token.id });
  for (const { status, name } of clusters) console.log(status, name);
  busy = clusters.some(({ status }) => !["ACTIVE", "ERROR", "IMPAIRED"].includes(status));
  if (busy) await new Promise((resume) => setTimeout(resume, 100));
}
