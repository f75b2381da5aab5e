// The composition libraries of Apollo, WunderGraph and The Guild over the same subgraphs: what each makes of them.
import { createInterface } from "node:readline";
import apollo from "@apollo/composition";
import { composeServices } from "@theguild/federation-composition";
import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from "@wundergraph/composition";
import { parse } from "graphql";

const read = ({ errors, supergraphSdl }) => (errors?.length ? { errors } : { document: parse(supergraphSdl) });
const libraries = {
  apollo: (named) => read(apollo.composeServices(named)),
  theguild: (named) => read(composeServices(named)),
  wundergraph: (named) => {
    const subgraphs = named.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs }));
    const made = federateSubgraphs({ subgraphs, version: ROUTER_COMPATIBILITY_VERSION_ONE });
    return made.success ? { document: made.federatedGraphAST } : { errors: made.errors };
  },
};

createInterface({ input: process.stdin }).once("line", (line) => {
  const named = Object.entries(JSON.parse(line)).map(([name, sdl]) => {
    return { name, url: `http://${name}.example/graphql`, typeDefs: parse(sdl) };
  });
  const told = {};
  for (const [library, compose] of Object.entries(libraries)) {
    const { errors = [], document } = compose(named);
    const query = document?.definitions.find((each) => each.name?.value === "Query");
    const queries = query?.fields.map((field) => field.name.value) ?? [];
    told[library] = { errors: errors.map((error) => error.message), queries };
  }
  console.log(JSON.stringify(told));
});
