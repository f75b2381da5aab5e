// How a generated document is sent. Copy it: it needs `fetch` and nothing else at run time.
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core'

export interface Gateway {
  /** As in `https://api.example/graphql`. */
  url: string
  /** The access token to send; asked before every call, so that it may be renewed. */
  token: () => string | Promise<string>
  /** The language of messages for people: `es-AR` unless told, or `en`. */
  language?: string
}

/** What the generator makes of a document: its types, its id and, but for production, its text. */
export interface Document<Data, Variables> extends DocumentTypeDecoration<Data, Variables> {
  __meta__?: Record<string, unknown> | undefined
}

/** What went wrong that no type of the schema tells: a fault, a limit, a missing right. */
export interface Fault {
  message: string
  /** Where in the data there is null instead. */
  path?: (string | number)[]
  /** `code` is for programs; whoever asks for help names `requestId`; after `retryAfter` seconds it may go through. */
  extensions: { code: string; requestId: string; retryAfter?: number; [fact: string]: unknown }
}

export interface Answer<Data> {
  data: Data
  /** Why fields that may be null are; nearly always empty. */
  errors: Fault[]
}

/** There is no data at all. */
export class Refused extends Error {
  override name = 'Refused'
  readonly status: number
  readonly errors: Fault[]

  constructor(status: number, errors: Fault[]) {
    super(errors.map((each) => each.message).join('\n') || `The gateway could not be reached: HTTP ${status}.`)
    this.status = status
    this.errors = errors
  }

  /** That of the first error, as in `THROTTLED`; none where something before the gateway answered. */
  get code(): string | undefined {
    return this.errors[0]?.extensions?.code
  }
}

/** Run a query or a mutation. */
export async function ask<Data, Variables>(
  gateway: Gateway,
  document: Document<Data, Variables>,
  ...none: {} extends Variables ? [] : [variables: never]
): Promise<Answer<Data>>
export async function ask<Data, Variables>(
  gateway: Gateway,
  document: Document<Data, Variables>,
  variables: NoInfer<Variables>,
): Promise<Answer<Data>>
export async function ask<Data>(
  gateway: Gateway,
  document: Document<Data, unknown>,
  variables?: unknown,
): Promise<Answer<Data>> {
  return await read(await call(gateway, document, variables, JSON_ANSWER))
}

/** Follow a subscription from now on, until its end or until the loop over it is left.
 *
 * It ends when the gateway is renewed, and throws where the connection breaks, and `Refused` where the token has ended or
 * the loop took so long that events were lost (`EVENTS_MISSED`). Who wants to go on calls again, and asks anew for what
 * they show: what happened in between is not told.
 */
export async function* listen<Data, Variables>(
  gateway: Gateway,
  document: Document<Data, Variables>,
  variables: NoInfer<Variables>,
): AsyncGenerator<Answer<Data>, void, void> {
  const response = await call(gateway, document, variables, `${EVENTS}, ${JSON_ANSWER}`)
  if (!response.body || !response.headers.get('content-type')?.startsWith(EVENTS)) {
    yield await read(response)
    return
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    let rest = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const events = (rest + value).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const [, kind, data = ''] = /^event: (\w+)\ndata: ?(.*)$/.exec(event) ?? [] // others keep the connection alive
        if (kind === 'complete') return
        if (kind === 'next') yield answer(response.status, JSON.parse(data))
      }
    }
  } finally {
    await reader.cancel()
  }
}

const JSON_ANSWER = 'application/graphql-response+json'
const EVENTS = 'text/event-stream'

/** Send a document by its id. Where the gateway does not know the id, by its text if that is at hand. */
async function call(
  gateway: Gateway,
  document: Document<unknown, never>,
  variables: unknown,
  accept: string,
): Promise<Response> {
  const response = await post(gateway, { documentId: document.__meta__?.['documentId'], variables }, accept)
  if (response.ok || !(document instanceof String)) return response
  const { errors } = await response.clone().json().catch(() => ({}))
  if (errors?.[0]?.extensions?.code !== 'PERSISTED_QUERY_NOT_FOUND') return response
  return await post(gateway, { query: document.toString(), variables }, accept)
}

async function post({ url, token, language }: Gateway, body: object, accept: string): Promise<Response> {
  const headers = {
    accept,
    authorization: `Bearer ${await token()}`,
    'content-type': 'application/json',
    ...(language && { 'accept-language': language }),
  }
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function read<Data>(response: Response): Promise<Answer<Data>> {
  return answer(response.status, await response.json().catch(() => ({})))
}

function answer<Data>(status: number, { data, errors = [] }: Partial<Answer<Data>>): Answer<Data> {
  if (!data) throw new Refused(status, errors)
  return { data, errors }
}
