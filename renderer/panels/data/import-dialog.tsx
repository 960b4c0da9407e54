import { Dialog } from 'radix-ui';
import { useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { ImportOptions, ImportPreview } from '../../../engine/protocol/schemas.ts';
import { workstation } from '../../client/store.ts';
import { SelectField, TextField } from '../../components/fields.tsx';
import { ErrorState, Loading } from '../../components/states.tsx';
import { upload } from '../../components/upload.ts';
import { ColumnFields } from './column-fields.tsx';
import { columnOptions, columnsUnknown, headingsOf, type ChosenColumns } from './import-columns.ts';

interface ImportDialogProps {
  readonly file: File;
  readonly onClose: () => void;
}

type Edited = Partial<
  Record<'symbol' | 'timeframe' | 'timeZone' | 'dateFormat' | 'calendar', string>
>;

const DUPLICATES = [
  { value: 'refuse', label: 'Refuse' },
  { value: 'keep-first', label: 'Keep the first' },
  { value: 'keep-last', label: 'Keep the last' },
] as const;

/** What was found in a file, all of it open to change, then the import. One dialog a file. */
export function ImportDialog({ file, onClose }: ImportDialogProps) {
  const [uploadId, setUploadId] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const [preview, setPreview] = useState<ImportPreview | null>(null);
  const [edited, setEdited] = useState<Edited>({});
  const [columns, setColumns] = useState<ChosenColumns>({});
  const [columnsOpen, setColumnsOpen] = useState(false);
  const [duplicates, setDuplicates] = useState<'refuse' | 'keep-first' | 'keep-last'>('refuse');
  const [mode, setMode] = useState<'replace' | 'append'>('replace');
  const [error, setError] = useState<ErrorPayload | null>(null);

  useEffect(() => {
    upload(file, setSent).then(setUploadId, (thrown: unknown) => setError(toErrorPayload(thrown)));
  }, [file]);

  useEffect(() => {
    if (uploadId === null) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      workstation()
        .call('data.preview', {
          source: { kind: 'upload', uploadId },
          options: { ...given(edited), ...columnOptions(columns) },
        })
        .then((answer) => {
          if (!current) return;
          setPreview(answer);
          if (columnsUnknown(answer)) setColumnsOpen(true);
          setError(null);
        })
        .catch((thrown: unknown) => current && setError(toErrorPayload(thrown)));
    }, 250);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [uploadId, edited, columns]);

  async function start(): Promise<void> {
    if (uploadId === null || preview === null) return;
    const options: ImportOptions = {
      ...given(edited),
      ...columnOptions(columns),
      symbol: edited.symbol ?? preview.suggestedSymbol,
      duplicates,
      mode,
    };
    try {
      await workstation().call('data.import', { source: { kind: 'upload', uploadId }, options });
      onClose();
    } catch (thrown) {
      setError(toErrorPayload(thrown));
    }
  }

  // Radix moves into the dialog while only Cancel stands there: Enter would then cancel the import.
  const symbolField = useRef<HTMLDivElement>(null);
  const previewed = preview !== null;
  useEffect(() => {
    if (previewed) symbolField.current?.querySelector('input')?.focus();
  }, [previewed]);

  const edit = (part: Edited): void => setEdited({ ...edited, ...part });
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog wide"
          aria-describedby={undefined}
          data-testid="import-dialog"
          onCloseAutoFocus={(event) => {
            // The file picker had the focus before; without this the keyboard would be nowhere.
            event.preventDefault();
            document.querySelector<HTMLElement>('[data-testid="data-import"]')?.focus();
          }}
        >
          <Dialog.Title>Import {file.name}</Dialog.Title>
          {error !== null ? <ErrorState error={error} /> : null}
          {preview === null && error === null ? (
            <Loading
              label={
                sent < 1 ? `Reading the file, ${Math.round(sent * 100)} %` : 'Looking at the file …'
              }
            />
          ) : null}
          {preview === null ? null : (
            <>
              <div className="grid-3" ref={symbolField}>
                <TextField
                  label="Symbol"
                  testId="import-symbol"
                  value={edited.symbol ?? preview.suggestedSymbol}
                  onChange={(symbol) => edit({ symbol })}
                />
                <TextField
                  label="Timeframe"
                  value={edited.timeframe ?? preview.timeframe ?? ''}
                  onChange={(timeframe) => edit({ timeframe })}
                />
                <TextField
                  label="Calendar"
                  value={edited.calendar ?? preview.suggestedCalendar}
                  onChange={(calendar) => edit({ calendar })}
                />
                <TextField
                  label="Date format"
                  value={edited.dateFormat ?? preview.dateFormat ?? ''}
                  onChange={(dateFormat) => edit({ dateFormat })}
                />
                <TextField
                  label="Time zone"
                  value={edited.timeZone ?? preview.timeZone ?? ''}
                  onChange={(timeZone) => edit({ timeZone })}
                />
                <SelectField
                  label="Repeated times"
                  value={duplicates}
                  options={DUPLICATES}
                  onChange={setDuplicates}
                />
                <SelectField
                  label="Stored bars"
                  value={mode}
                  options={[
                    { value: 'replace', label: 'Replace by a new version' },
                    { value: 'append', label: 'Append later bars' },
                  ]}
                  onChange={setMode}
                />
              </div>
              <ColumnFields
                preview={preview}
                chosen={columns}
                open={columnsOpen}
                onOpen={setColumnsOpen}
                onChange={setColumns}
              />
              {preview.problem === null ? null : (
                <p className="note wrong" role="alert" data-testid="import-problem">
                  {preview.problem}
                </p>
              )}
              <div className="preview">
                <table>
                  <thead>
                    <tr>
                      {headingsOf(preview).map((name, i) => (
                        <th key={`${i}-${name}`}>
                          {name}
                          <small>{roleOf(preview, name)}</small>
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {preview.rows.slice(0, columnsOpen ? 3 : 6).map((row, i) => (
                      <tr key={`${i}-${row[0] ?? ''}`}>
                        {row.map((cell, k) => (
                          <td key={`${k}-${cell}`}>{cell}</td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )}
          <div className="row end">
            <Dialog.Close className="button">Cancel</Dialog.Close>
            <button
              type="button"
              className="button primary"
              data-testid="import-start"
              disabled={preview === null || preview.problem !== null}
              onClick={() => void start()}
            >
              Import {edited.symbol ?? preview?.suggestedSymbol ?? ''}{' '}
              {edited.timeframe ?? preview?.timeframe ?? ''}
            </button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Entries that the user has changed and not emptied. */
function given(edited: Edited): Edited {
  return Object.fromEntries(Object.entries(edited).filter(([, value]) => value.trim() !== ''));
}

function roleOf({ columns }: ImportPreview, header: string): string {
  return Object.entries(columns).find(([, name]) => name === header)?.[0] ?? 'not used';
}
