// A federation router by Apollo's gateway library. It is told its subgraphs and whose token to send them, and then asked.
import { createInterface } from "node:readline";
import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { parse, validate } from "graphql";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);

const { subgraphs, authorization } = await hear();
const asked = async ({ url }, query) => {
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  return (await answer.json()).data;
};

class Subgraph extends RemoteGraphQLDataSource {
  willSendRequest({ request }) {
    request.http.headers.set("authorization", authorization);
  }
}

const named = [];
for (const [name, url] of Object.entries(subgraphs)) {
  const { _service } = await asked({ url }, "{ _service { sdl } }");
  named.push({ name, url, typeDefs: parse(_service.sdl) });
}
const { supergraphSdl, errors } = composeServices(named);
if (errors) throw new Error(errors.map((error) => error.message).join("\n"));
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const buildService = ({ url }) => new Subgraph({ url });
const gateway = new ApolloGateway({ supergraphSdl, buildService, logger: quiet });
const { schema, executor } = await gateway.load();
console.log(JSON.stringify({ subgraphs: named.length }));

for (;;) {
  const { query, variables } = await hear();
  const document = parse(query);
  const [operation] = document.definitions;
  const operationName = operation.name?.value;
  const wrong = validate(schema, document);
  const answer = wrong.length ? { errors: wrong } : await executor({
    document, operation, operationName, schema, queryHash: query, context: {}, logger: quiet, metrics: {},
    cache: new Map(), request: { query, operationName, variables, http: { headers: new Map() } }, overallCachePolicy: {},
  });
  console.log(JSON.stringify({ data: answer.data ?? null, errors: answer.errors ?? [] }));
}
