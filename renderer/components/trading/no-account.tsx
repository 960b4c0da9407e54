import { Plug } from 'lucide-react';
import { useState } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import { openPanel, workstation } from '../../client/store.ts';
import { useTrading } from '../../client/trading-store.ts';
import { EmptyState } from '../states.tsx';

/** The connection that needs neither account nor key. */
const PAPER = 'simulated';

/** What trading panels say while no account is there: what it takes, and the one thing to do next. */
export function NoAccount({ title, hint }: { readonly title: string; readonly hint: string }) {
  const paper = useTrading(({ connections }) => connections?.find(({ id }) => id === PAPER));
  const [failure, setFailure] = useState('');
  const coming = paper !== undefined && paper.state.phase !== 'disconnected';
  return (
    <EmptyState title={title} hint={hint}>
      {paper === undefined ? null : (
        <button
          type="button"
          className="button primary"
          data-testid="connect-paper"
          disabled={coming}
          onClick={() => {
            setFailure('');
            workstation()
              .call('connections.connect', { id: PAPER })
              .catch((error: unknown) => setFailure(toErrorPayload(error).message));
          }}
        >
          <Plug size={13} aria-hidden /> {coming ? 'Connecting …' : 'Start paper trading'}
        </button>
      )}
      <button type="button" className="link" onClick={() => openPanel('connections')}>
        Choose another connection
      </button>
      {failure === '' ? null : (
        <p className="note wrong" role="alert">
          {failure}
        </p>
      )}
    </EmptyState>
  );
}
