// A client by oauth4webapi: tells where to send the user, is told where they came back, and tells what it got.
import * as oauth from 'oauth4webapi'
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const hear = async () => JSON.parse((await lines.next()).value)
const tell = (document) => console.log(JSON.stringify(document))
const insecure = { [oauth.allowInsecureRequests]: true } // plain HTTP, on loopback

const { issuer, client_id, redirect_uri, scope, dpop } = await hear()
const us = new URL(issuer)
const found = await oauth.discoveryRequest(us, { algorithm: 'oidc', ...insecure })
const server = await oauth.processDiscoveryResponse(us, found)
const client = { client_id }
const none = oauth.None()
const keys = dpop ? await oauth.generateKeyPair('ES256') : undefined
const options = keys ? { ...insecure, DPoP: oauth.DPoP(client, keys) } : insecure

const verifier = oauth.generateRandomCodeVerifier()
const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
const asked = {
  client_id, redirect_uri, scope, state, nonce, response_type: 'code',
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
}
const pushed = await oauth.pushedAuthorizationRequest(server, client, none, asked, options)
const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, pushed)
const to = new URL(server.authorization_endpoint)
to.search = new URLSearchParams({ client_id, request_uri })
tell({ authorize: to.href })

const back = oauth.validateAuthResponse(server, client, new URL((await hear()).back), state)
const answer = await oauth.authorizationCodeGrantRequest(
  server, client, none, back, redirect_uri, verifier, options)
const first = await oauth.processAuthorizationCodeResponse(server, client, answer,
  { expectedNonce: nonce, requireIdToken: true })
await oauth.validateApplicationLevelSignature(server, answer, insecure)
const claims = oauth.getValidatedIdTokenClaims(first)

const shown = await oauth.userInfoRequest(server, client, first.access_token, options)
const user = await oauth.processUserInfoResponse(server, client, claims.sub, shown)
const renewed = await oauth.refreshTokenGrantRequest(
  server, client, none, first.refresh_token, options)
const second = await oauth.processRefreshTokenResponse(server, client, renewed)

const graph = async (token) => {
  const body = JSON.stringify({ query: '{ viewer { user { userId } } }' })
  const headers = new Headers({ 'content-type': 'application/json' })
  try {
    const url = new URL('/graphql', us)
    const got = await oauth.protectedResourceRequest(token, 'POST', url, headers, body, options)
    const { data } = await got.json()
    return { data }
  } catch (problem) {
    if (!(problem instanceof oauth.WWWAuthenticateChallengeError)) throw problem
    return problem.status
  }
}
const before = await graph(second.access_token)
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, none, second.refresh_token, options))
tell({
  sub: claims.sub, user: user.sub, type: first.token_type, scope: second.scope, before,
  renewed: second.refresh_token !== first.refresh_token, after: await graph(second.access_token),
})
