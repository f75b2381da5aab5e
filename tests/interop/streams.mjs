// The reference clients of both protocols: each listens, and tells what it hears.
import { createClient as overSocket } from 'graphql-ws'
import { createClient as overEvents } from 'graphql-sse'
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { url, token, query, variables } = JSON.parse((await lines.next()).value)
const tell = (document) => console.log(JSON.stringify(document))
const clients = {
  'graphql-ws': overSocket({
    url: url.replace('http', 'ws'),
    connectionParams: { authorization: token },
    retryAttempts: 0
  }),
  'graphql-sse': overEvents({ url, headers: { authorization: token }, retryAttempts: 0 })
}
for (const [by, client] of Object.entries(clients)) {
  const once = client.iterate({ query: '{ locations { totalCount } }' })
  for await (const answer of once) tell({ by, answer })
  client.subscribe({ query, variables }, {
    next: (answer) => tell({ by, answer }),
    error: (error) => tell({ by, error: error.code ?? String(error) }),
    complete: () => tell({ by, complete: true })
  })
}
tell({ listening: true })
