import { type FormEvent, useState } from 'react';

import { Session, SignInRefused } from './session';

/** The form that opens a session, and what became of the last one. */
export function SignIn({ notice, onOpen }: { notice: string; onOpen: (session: Session) => void }) {
  const [refusal, setRefusal] = useState(notice);
  const [isAsking, setAsking] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const client = String(form.get('client')).trim();
    setAsking(true);
    setRefusal('');
    try {
      onOpen(await Session.open(client, String(form.get('secret'))));
    } catch (error) {
      setAsking(false);
      setRefusal(error instanceof SignInRefused ? error.message : String(error));
    }
  }

  return (
    <form className="sign-in" method="post" aria-label="Ingresar" onSubmit={submit}>
      <label>
        Cliente
        <input
          name="client"
          required
          autoFocus
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby="sign-in-refusal"
        />
      </label>
      <label>
        Secreto
        <input
          name="secret"
          type="password"
          required
          autoComplete="current-password"
          aria-describedby="sign-in-refusal"
        />
      </label>
      <button type="submit" disabled={isAsking}>
        {isAsking ? 'Ingresando…' : 'Ingresar'}
      </button>
      <p id="sign-in-refusal" className="refusal" role="alert">
        {refusal}
      </p>
    </form>
  );
}
