// Types and ids for GraphQL Code Generator's client preset: `npx graphql-codegen` in this folder, see README.md.
import type { CodegenConfig } from '@graphql-codegen/cli'
import { Kind, parse } from 'graphql'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const SCHEMA = '../barberpro.graphql'
const RELEASED = '../operations/frontend'
const OWN = 'documents'

// Every scalar of the schema as it stands in JSON. One that is not listed here stops the generator.
const scalars = {
  ID: 'string',
  CurrencyCode: 'string', // ISO 4217: 'ARS'
  Date: 'string', // '2026-11-22', of no zone: not for `new Date`
  DateTime: 'string', // '2026-11-22T13:00:00Z', always UTC
  Decimal: 'string', // '12500.00', exact: not for `Number`
  EmailAddress: 'string',
  LocalTime: 'string', // '09:30' on the shop's wall; '24:00' ends a day
  PhoneNumber: 'string', // E.164: '+5491155551234'
  TimeZone: 'string', // 'America/Argentina/Buenos_Aires'
  _Any: 'unknown', // what routers ask with
}

/** The id of a document that a release of the gateway registers: of its file's bytes, not of the text made of it. */
function released(text: string): string {
  const operation = parse(text).definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
  const file = readFileSync(`${RELEASED}/${operation?.name?.value}.graphql`)
  return `sha256:${createHash('sha256').update(file).digest('hex')}`
}

/** Documents of one folder. In production their ids are all that is shipped of them. */
const typed = (folder: string, hashAlgorithm: 'sha256' | typeof released) => ({
  documents: `${folder}/*.graphql`,
  preset: 'client' as const,
  presetConfig: {
    fragmentMasking: false,
    persistedDocuments: {
      mode: process.env['NODE_ENV'] === 'production' ? 'replaceDocumentWithHash' : 'embedHashInDocument',
      hashPropertyName: 'documentId',
      hashAlgorithm,
    },
  },
  config: {
    scalars,
    strictScalars: true,
    defaultScalarType: 'unknown',
    arrayInputCoercion: false,
    documentMode: 'string',
    enumType: 'string-literal',
    futureProofEnums: true, // a release may add values: handle the others too
    importExtension: '.js',
    useTypeImports: true,
  },
})

export default {
  schema: SCHEMA,
  ignoreNoDocuments: true,
  generates: {
    'generated/released/': typed(RELEASED, released),
    'generated/own/': typed(OWN, 'sha256'),
  },
} satisfies CodegenConfig
