import { Download, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useEffect, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { RunSummary } from '../../../engine/protocol/schemas.ts';
import { workstation } from '../../client/store.ts';
import { download } from '../../components/csv.ts';
import { useRunLabel } from '../../components/run-label.ts';
import { ErrorState, Loading } from '../../components/states.tsx';
import { useAppearance } from '../../components/theme.ts';
import { sheetInTheme } from './sheet-theme.ts';

type Sheet = CallOutput<'reports.html'>;

/** The tear sheet of a run over the whole window. */
export function TearSheetDialog({
  summary,
  onClose,
}: {
  readonly summary: RunSummary;
  readonly onClose: () => void;
}) {
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const [error, setError] = useState<ErrorPayload | null>(null);
  const [attempt, setAttempt] = useState(0);
  const { theme } = useAppearance();
  const { id } = summary;
  const label = useRunLabel()(summary);
  useEffect(() => {
    let current = true;
    setError(null);
    workstation()
      .call('reports.html', { runId: id })
      .then((made) => current && setSheet(made))
      .catch((thrown: unknown) => current && setError(toErrorPayload(thrown)));
    return () => {
      current = false;
    };
  }, [id, attempt]);

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog sheet"
          aria-describedby={undefined}
          data-testid="tear-sheet"
        >
          <header className="toolbar">
            <Dialog.Title className="clip">Tear sheet · {label}</Dialog.Title>
            <span className="spacer" />
            <button
              type="button"
              className="button"
              data-testid="tear-sheet-save"
              disabled={sheet === null}
              onClick={() => sheet !== null && download(sheet.fileName, sheet.html, 'text/html')}
            >
              <Download size={13} aria-hidden /> Save…
            </button>
            <Dialog.Close className="button">
              <X size={13} aria-hidden /> Close <kbd>Esc</kbd>
            </Dialog.Close>
          </header>
          {error !== null ? (
            <ErrorState error={error} onRetry={() => setAttempt(attempt + 1)} />
          ) : sheet === null ? (
            <Loading label="Drawing the tear sheet …" />
          ) : (
            // Nothing in the frame may run, load, navigate, open or be sent: see docs/security.md.
            <iframe
              title={`Tear sheet of ${label}`}
              sandbox=""
              srcDoc={sheetInTheme(sheet.html, theme)}
              data-testid="tear-sheet-frame"
            />
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
