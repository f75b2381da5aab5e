/** How GraphiQL's operations reach the server, and what is told about each run. */

import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { type ExecutionResult, GraphQLError } from 'graphql';

import { type Session, SignInRefused } from './session';

/** The cost that the server states in `extensions.cost`. */
export interface Cost {
  readonly requestedQueryCost?: number;
  readonly actualQueryCost?: number;
  readonly throttleStatus?: { readonly maximumAvailable: number; readonly currentlyAvailable: number };
}

/** One run of an operation: under way, or what came of it. */
export type Run =
  | { readonly state: 'running' }
  | { readonly state: 'stopped' }
  | {
      readonly state: 'done';
      readonly status: number | null;
      readonly milliseconds: number;
      readonly errors: number;
      readonly cost: Cost | undefined;
    };

type Answer = ExecutionResult & { extensions?: { cost?: Cost } };

/** The one form in which GraphiQL subscribes, of three that `Observable` names. */
interface Observer {
  next(answer: Answer): void;
  complete(): void;
}

const INTROSPECTION = 'IntrospectionQuery';

/** Without a session nothing is sent: the answer says what to do. */
export const askToSignIn: Fetcher = async () =>
  failure('Ingresá con tu cliente y su secreto, arriba, para consultar.', 'UNAUTHENTICATED');

/**
 * A fetcher for one session. Stopping a run aborts its request, and so does closing the session.
 * `onEnd` is called when the server no longer accepts the session's secret.
 */
export function fetcherOf(
  session: Session,
  onRun: (run: Run) => void,
  onEnd: (reason: string) => void,
): Fetcher {
  function subscribe(params: FetcherParams, observer: Observer) {
    const stopping = new AbortController();
    const signal = AbortSignal.any([stopping.signal, session.closed]);
    const tell = params.operationName === INTROSPECTION ? () => {} : onRun;

    async function answer() {
      tell({ state: 'running' });
      try {
        const [answered, done] = await run(session, params, signal);
        tell(done);
        observer.next(answered);
      } catch (error) {
        tell({ state: 'stopped' });
        if (signal.aborted) return;
        if (error instanceof SignInRefused && error.isFinal) onEnd(error.message);
        observer.next(failure((error as Error).message, 'UNAUTHENTICATED'));
      }
      observer.complete();
    }

    void answer();
    return { unsubscribe: () => stopping.abort() };
  }

  return (params) => {
    const observable = { subscribe: (observer: Observer) => subscribe(params, observer) };
    return observable as unknown as Observable<Answer>;
  };
}

async function run(
  session: Session,
  params: FetcherParams,
  signal: AbortSignal,
): Promise<[Answer, Run]> {
  let token = await session.token();
  const started = performance.now();
  let response = await post(params, token, signal);
  if (response?.status === 401) {
    // Refused before anything ran, so asking once more with a new token is safe for mutations too.
    token = await session.renew();
    response = await post(params, token, signal);
  }
  const answer = response
    ? await read(response)
    : failure('No hay conexión con el servidor. Revisá la red y ejecutá de nuevo.', 'OFFLINE');
  return [
    answer,
    {
      state: 'done',
      status: response?.status ?? null,
      milliseconds: performance.now() - started,
      errors: answer.errors?.length ?? 0,
      cost: answer.extensions?.cost,
    },
  ];
}

async function post(
  params: FetcherParams,
  token: string,
  signal: AbortSignal,
): Promise<Response | null> {
  try {
    return await fetch('/graphql', {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(params),
      credentials: 'omit',
      cache: 'no-store',
      signal,
    });
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  } catch {
    // Falls through: a proxy's page is as little an answer as an empty one.
  }
  return failure(`El servidor respondió ${response.status} sin una respuesta GraphQL.`, 'BAD_ANSWER');
}

function failure(message: string, code: string): Answer {
  return { errors: [new GraphQLError(message, { extensions: { code } })] };
}
