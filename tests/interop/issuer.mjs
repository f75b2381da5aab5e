// An issuer by oidc-provider: tells where it is, and gives machines access tokens for one audience.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { Provider } from 'oidc-provider'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { client, secret, tenant, audience, scope, algorithm, jwk } =
  JSON.parse((await lines.next()).value)
const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`
const provider = new Provider(url, {
  clients: [{
    client_id: client, client_secret: secret, grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [], id_token_signed_response_alg: algorithm,
  }],
  jwks: { keys: [jwk] },
  scopes: scope.split(' '),
  extraTokenClaims: () => ({ tenant }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: () => ({
        scope, audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: algorithm } },
      }),
    },
  },
})
server.on('request', provider.callback())
console.log(JSON.stringify({ url }))
