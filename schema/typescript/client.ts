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
    return this.errors[0]?.extensions.code
  }
}

/** Run a query or a mutation, by its id. Where the gateway does not know the id, by the text if that is at hand. */
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
  const documentId = document.__meta__?.['documentId']
  try {
    return await send<Data>(gateway, { documentId, variables })
  } catch (refused) {
    const isNew = refused instanceof Refused && refused.code === 'PERSISTED_QUERY_NOT_FOUND'
    if (!isNew || !(document instanceof String)) throw refused
    return await send<Data>(gateway, { query: document.toString(), variables })
  }
}

async function send<Data>({ url, token, language }: Gateway, body: object): Promise<Answer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json',
      authorization: `Bearer ${await token()}`,
      'content-type': 'application/json',
      ...(language && { 'accept-language': language }),
    },
    body: JSON.stringify(body),
  })
  const { data, errors = [] } = await response.json().catch(() => ({}))
  if (!data) throw new Refused(response.status, errors)
  return { data, errors }
}
