// The audits of graphql-http: each asks the server something that the specification of GraphQL over HTTP speaks of.
import { serverAudits } from 'graphql-http'
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { url, headers } = JSON.parse((await lines.next()).value)
const fetchFn = (to, { headers: asked, ...rest } = {}) => fetch(to, { ...rest, headers: { ...headers, ...asked } })
const results = []
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, name, reason } = await audit.fn()
  results.push({ status, name, reason })
}
console.log(JSON.stringify(results))
