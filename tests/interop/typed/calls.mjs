// Calls what the example exports, as the compiler made it, and tells what came of each call.
import { createInterface } from 'node:readline'
import * as example from './dist/example.js'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const hear = async () => JSON.parse((await lines.next()).value)
const { url, token } = await hear()
const gateway = { url, token: () => token, language: 'en' }

async function result(made, name) {
  if (name === 'changed') for await (const id of made) return id // and leaves the stream
  return made[Symbol.asyncIterator] ? await Array.fromAsync(made) : await made
}

const refused = ({ status, code, message }) => ({ refused: { status, code, message } })
for (;;) {
  const [name, ...values] = await hear()
  const told = await result(example[name](gateway, ...values), name).catch(refused)
  console.log(JSON.stringify(told ?? null))
}
