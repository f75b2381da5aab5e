// Relay's runtime over our gateway, without a screen: asks by ids alone, and tells what its store holds after each step.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const relay = require('relay-runtime')
const made = (name) => require(`./src/__generated__/${name}.graphql.js`)
const tell = (document) => console.log(JSON.stringify(document))

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { url, token, shop } = JSON.parse((await lines.next()).value)
const network = relay.Network.create(async ({ id: doc_id }, variables) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return await (await fetch(url, { method: 'POST', headers, body: JSON.stringify({ doc_id, variables }) })).json()
})
const store = new relay.Store(new relay.RecordSource())
const environment = new relay.Environment({ network, store })

const whole = relay.createOperationDescriptor(made('shopQuery'), { id: shop })
environment.retain(whole)
const ask = (name, variables) => relay.fetchQuery(environment, made(name), variables).toPromise()
const read = (fragment, on) =>
  environment.lookup(relay.getSingularSelector(made(fragment), on)).data

function held() {
  const { location } = environment.lookup(whole.fragment).data
  const { name, isActive } = read('shop_card', location)
  const { edges, pageInfo } = read('shop_diary', location).bookings
  const bookings = edges.map(({ node }) => {
    const { status, customer } = read('shop_booking', node)
    return { id: node.id, startsAt: node.startsAt, status, customer: customer.name }
  })
  return { pageInfo, shown: { name, isActive, bookings } }
}

await ask('shopQuery', { id: shop })
const { pageInfo, shown } = held()
tell({ ...shown, more: pageInfo.hasNextPage })

await ask('shopDiaryQuery', { id: shop, first: 2, after: pageInfo.endCursor })
tell({ ...held().shown, more: held().pageInfo.hasNextPage })

const input = { bookingId: shown.bookings[0].id }
await new Promise((onCompleted, onError) =>
  relay.commitMutation(environment, { mutation: made('shopCancelMutation'), variables: { input }, onCompleted, onError }),
)
tell(held().shown)

const { node } = await ask('shopCardQuery', { id: shop })
tell(read('shop_card', node))
