// A subgraph by Apollo's own library over plain http. It is told where to listen, its SDL and the points of customers.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";

createInterface({ input: process.stdin }).once("line", (line) => {
  const { port, sdl, points } = JSON.parse(line);
  const loyaltyOf = (id) => ({
    points: points[id] ?? 0,
    tier: "BRONZE",
    pointsToNextTier: null,
    entries: ({ first }) => [{ bookingId: "b1", points: 7, earnedAt: "2026-11-22T13:00:00Z" }].slice(0, first),
  });
  const resolvers = {
    Customer: {
      __resolveReference: ({ id }) => ({ id }),
      loyalty: ({ id }) => loyaltyOf(id),
    },
  };
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers });
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { query, variables } = JSON.parse(body);
    const answer = await graphql({ schema, source: query, variableValues: variables });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  server.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
});
