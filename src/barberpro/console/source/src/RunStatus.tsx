import type { Cost, Run } from './fetcher';

const NUMBER = new Intl.NumberFormat('es-AR');

/** What the last run took and cost, said aloud by screen readers when it changes. */
export function RunStatus({ run }: { run: Run | null }) {
  return (
    <p className="run-status" role="status" data-state={stateOf(run)}>
      {partsOf(run).map((part) => (
        <span key={part}>{part}</span>
      ))}
    </p>
  );
}

function stateOf(run: Run | null): string {
  if (run?.state !== 'done') return run?.state ?? 'idle';
  return run.status === 200 && run.errors === 0 ? 'fine' : 'failed';
}

function partsOf(run: Run | null): string[] {
  if (run === null) return ['Ctrl+Enter ejecuta la consulta'];
  if (run.state === 'running') return ['Ejecutando…'];
  if (run.state === 'stopped') return ['Ejecución detenida'];
  const parts = [
    run.status === null ? 'Sin respuesta' : `HTTP ${run.status}`,
    `${NUMBER.format(Math.round(run.milliseconds))} ms`,
  ];
  if (run.errors > 0) parts.push(run.errors === 1 ? '1 error' : `${run.errors} errores`);
  return run.cost ? [...parts, ...costParts(run.cost)] : parts;
}

function costParts({ actualQueryCost, requestedQueryCost, throttleStatus }: Cost): string[] {
  const parts: string[] = [];
  const known = actualQueryCost ?? requestedQueryCost;
  if (known !== undefined) {
    const planned = requestedQueryCost ?? known;
    const difference = planned === known ? '' : ` de ${NUMBER.format(planned)} previstos`;
    parts.push(`Costo ${NUMBER.format(known)}${difference}`);
  }
  if (throttleStatus) {
    const { currentlyAvailable, maximumAvailable } = throttleStatus;
    parts.push(
      `Disponible ${NUMBER.format(currentlyAvailable)} de ${NUMBER.format(maximumAvailable)}`,
    );
  }
  return parts;
}
