// Calls what the example exports, as the compiler made it, and tells what came of each call.
import { createInterface } from 'node:readline'
import * as example from './dist/example.js'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const hear = async () => JSON.parse((await lines.next()).value)
const { url, token } = await hear()
const gateway = { url, token: () => token, language: 'en' }

const collected = async (made) => (made[Symbol.asyncIterator] ? await Array.fromAsync(made) : await made)
for (;;) {
  const [name, ...values] = await hear()
  const refused = ({ status, code, message }) => ({ refused: { status, code, message } })
  console.log(JSON.stringify((await collected(example[name](gateway, ...values)).catch(refused)) ?? null))
}
