import type { OrderCheck } from '../../../engine/protocol/live-schemas.ts';
import { barWidth, headroomRows, quietPasses } from './headroom-model.ts';

/** Every limit with what the order would leave of it; those that refuse come first. */
export function Headroom({ check }: { readonly check: OrderCheck }) {
  const rows = headroomRows(check);
  const quiet = quietPasses(check);
  return (
    <ul className="headroom" aria-label="Headroom of limits" data-testid="ticket-headroom">
      {rows.map((row) => (
        <li key={row.key} className={`headroom-row ${row.level}`}>
          <span className="headroom-name clip" title={row.message === '' ? row.title : row.message}>
            {row.passed ? '' : '✕ '}
            {row.title}
            {row.scope === '' ? null : <span className="muted"> {row.scope}</span>}
          </span>
          <span className="headroom-figure">
            {row.used === null ? 'not passed' : `${row.value.replace(/ .*/, '')} of ${row.limit}`}
          </span>
          {row.used === null ? null : (
            <span
              className="headroom-bar"
              role="meter"
              aria-label={row.title}
              aria-valuenow={Math.round(row.used * 100)}
              aria-valuemin={0}
              aria-valuemax={100}
            >
              <span style={{ width: `${barWidth(row.used)}%` }} />
            </span>
          )}
        </li>
      ))}
      {quiet === 0 ? null : (
        <li className="muted headroom-rest">
          {rows.length === 0 ? '' : 'and '}
          {quiet} {quiet === 1 ? 'rule passes' : 'rules pass'}
        </li>
      )}
    </ul>
  );
}
