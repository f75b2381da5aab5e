/** Who works at the console: a client's access token, and what renews it. */

const TOKEN_ENDPOINT = '/oauth/token';
const MARGIN_SECONDS = 30;
const DEFAULT_LIFETIME_SECONDS = 300;

/** The server gave no token; the message says why, for the person at the form. */
export class SignInRefused extends Error {
  constructor(
    message: string,
    /** Asking again with the same secret would get the same answer. */
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}

interface Grant {
  readonly token: string;
  readonly scopes: readonly string[];
  readonly goodUntil: number;
}

/**
 * A signed-in client. Token and secret stand in this object alone, never in storage, a cookie or an address:
 * closing the session or the page forgets them.
 */
export class Session {
  readonly #closing = new AbortController();
  #secret: string;
  #grant: Grant;
  #renewal: Promise<Grant> | undefined;

  private constructor(
    readonly client: string,
    secret: string,
    grant: Grant,
  ) {
    this.#secret = secret;
    this.#grant = grant;
  }

  static async open(client: string, secret: string): Promise<Session> {
    return new Session(client, secret, await ask(client, secret));
  }

  get scopes(): readonly string[] {
    return this.#grant.scopes;
  }

  /** Aborted once the session is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** A token that is still good, asked for again shortly before the old one ends. */
  async token(): Promise<string> {
    return Date.now() < this.#grant.goodUntil ? this.#grant.token : this.renew();
  }

  /** A new token whatever the age of the old one; callers at the same moment share one request. */
  async renew(): Promise<string> {
    this.closed.throwIfAborted();
    this.#renewal ??= ask(this.client, this.#secret, this.closed).finally(() => {
      this.#renewal = undefined;
    });
    const grant = await this.#renewal;
    this.closed.throwIfAborted();
    this.#grant = grant;
    return grant.token;
  }

  close(): void {
    this.#secret = '';
    this.#grant = { token: '', scopes: [], goodUntil: 0 };
    this.#closing.abort();
  }
}

async function ask(client: string, secret: string, signal?: AbortSignal): Promise<Grant> {
  // RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
  const basic = btoa(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`);
  const response = await fetch(TOKEN_ENDPOINT, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    // Without cookies, and so without the browser's own password dialog on a 401.
    credentials: 'omit',
    cache: 'no-store',
    signal: signal ?? null,
  }).catch(() => {
    signal?.throwIfAborted();
    throw new SignInRefused('No hay conexión con el servidor. Revisá la red e intentá de nuevo.', false);
  });
  const answer: Record<string, unknown> = await response.json().catch(() => ({}));
  if (!response.ok || typeof answer.access_token !== 'string') {
    throw refusal(response, answer);
  }
  const lifetime = Number(answer.expires_in) || DEFAULT_LIFETIME_SECONDS;
  return {
    token: answer.access_token,
    scopes: typeof answer.scope === 'string' ? answer.scope.split(' ').filter(Boolean).sort() : [],
    goodUntil: Date.now() + 1000 * (lifetime - Math.min(MARGIN_SECONDS, lifetime / 2)),
  };
}

function refusal(response: Response, answer: Record<string, unknown>): SignInRefused {
  if (response.status === 401 || answer.error === 'invalid_client') {
    return new SignInRefused(
      'No reconocemos ese cliente con ese secreto, o está suspendido. Revisalos e intentá de nuevo.',
      true,
    );
  }
  if (answer.error === 'unauthorized_client') {
    return new SignInRefused(
      'Este cliente no puede ingresar con un secreto. Pedile acceso a quien administra la cuenta.',
      true,
    );
  }
  if (response.status === 429) {
    const wait = Number(response.headers.get('retry-after'));
    const until = wait > 0 ? `${wait} segundos` : 'un momento';
    return new SignInRefused(`Hubo demasiados intentos. Esperá ${until} e intentá de nuevo.`, false);
  }
  const why = typeof answer.error === 'string' ? answer.error : `HTTP ${response.status}`;
  return new SignInRefused(`El servidor no dio acceso (${why}). Intentá de nuevo en un rato.`, false);
}
