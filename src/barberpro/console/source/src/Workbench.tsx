import './workers';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './workbench.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useMemo, useState } from 'react';

import board from './board.graphql?raw';
import { askToSignIn, fetcherOf, type Run } from './fetcher';
import { RunStatus } from './RunStatus';
import type { Session } from './session';

const PLUGINS = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

/** GraphiQL as analysts get it. Without a session it has no schema and asks nobody for one. */
export default function Workbench({
  session,
  onEnd,
}: {
  session: Session | null;
  onEnd: (session: Session, reason: string) => void;
}) {
  const [run, setRun] = useState<Run | null>(null);
  const fetcher = useMemo(() => {
    if (!session) return askToSignIn;
    return fetcherOf(session, setRun, (reason) => onEnd(session, reason));
  }, [session]);

  return (
    <GraphiQL
      fetcher={fetcher}
      {...(session ? {} : { schema: null })}
      plugins={PLUGINS}
      defaultQuery={board}
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
      maxHistoryLength={50}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <GraphiQL.Footer>
        <RunStatus run={run} />
      </GraphiQL.Footer>
      <FocusOnOpen session={session} />
    </GraphiQL>
  );
}

/** The form is gone once it did its work, so the keyboard goes on in the editor. */
function FocusOnOpen({ session }: { session: Session | null }) {
  const editor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => {
    if (session) editor?.focus();
  }, [session, editor]);
  return null;
}
