import { lazy, Suspense, useState } from 'react';

import type { Session } from './session';
import { SignIn } from './SignIn';

// Most of the code is the editor's; who opens the page can already sign in while it loads.
const Workbench = lazy(() => import('./Workbench'));

/** The whole page: who works here on top, GraphiQL below. */
export function Console() {
  const [session, setSession] = useState<Session | null>(null);
  const [closedSessions, setClosedSessions] = useState(0);
  const [notice, setNotice] = useState('');

  function close(closing: Session, reason: string) {
    closing.close();
    setSession(null);
    setNotice(reason);
    setClosedSessions((count) => count + 1);
  }

  return (
    <>
      <header className="bar">
        <h1>
          BarberPro <span>Consola de analistas</span>
        </h1>
        {session ? (
          <SignedIn session={session} onLeave={() => close(session, '')} />
        ) : (
          <SignIn notice={notice} onOpen={setSession} />
        )}
      </header>
      <main>
        <Suspense fallback={<p className="boot">Cargando el editor…</p>}>
          {/* A new key forgets the schema and the answers that the closed session could see. */}
          <Workbench key={closedSessions} session={session} onEnd={close} />
        </Suspense>
      </main>
    </>
  );
}

function SignedIn({ session, onLeave }: { session: Session; onLeave: () => void }) {
  const { client, scopes } = session;
  return (
    <div className="signed-in">
      <details>
        <summary>
          {client} <span>{scopes.length === 1 ? '1 permiso' : `${scopes.length} permisos`}</span>
        </summary>
        <ul>
          {scopes.map((scope) => (
            <li key={scope}>{scope}</li>
          ))}
        </ul>
      </details>
      <button type="button" onClick={onLeave}>
        Salir
      </button>
    </div>
  );
}
