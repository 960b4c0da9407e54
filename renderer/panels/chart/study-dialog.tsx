import { Dialog } from 'radix-ui';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { NumberField } from '../../components/fields.tsx';
import type { Indicator } from '../../client/store.ts';
import { titleOf, type Study } from './studies.ts';

interface StudyDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly indicators: readonly Indicator[];
  readonly studies: readonly Study[];
  readonly onChange: (studies: readonly Study[]) => void;
}

/** Search, add, edit and remove the chart's studies; changes show at once. */
export function StudyDialog({
  open,
  onOpenChange,
  indicators,
  studies,
  onChange,
}: StudyDialogProps) {
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const found = indicators.filter(({ id, title }) =>
    `${id} ${title}`.toLowerCase().includes(wanted),
  );

  function add(indicator: Indicator): void {
    const parameters = Object.fromEntries(indicator.parameters.map((p) => [p.name, p.default]));
    onChange([...studies, { indicator: indicator.id, parameters }]);
  }

  function edit(index: number, name: string, text: string): void {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) return;
    onChange(
      studies.map((study, i) =>
        i === index ? { ...study, parameters: { ...study.parameters, [name]: value } } : study,
      ),
    );
  }

  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <Dialog.Title>Indicators</Dialog.Title>
          {studies.map((study, index) => {
            const definition = indicators.find(({ id }) => id === study.indicator);
            return (
              <div key={`${index}-${study.indicator}`} className="study-row">
                <strong>{titleOf(study)}</strong>
                {definition?.parameters.map((parameter) =>
                  parameter.kind === 'integer' || parameter.kind === 'real' ? (
                    <NumberField
                      key={parameter.name}
                      label={parameter.label}
                      value={String(study.parameters[parameter.name])}
                      min={parameter.min}
                      max={parameter.max}
                      step={parameter.step}
                      onChange={(text) => edit(index, parameter.name, text)}
                    />
                  ) : null,
                )}
                <button
                  type="button"
                  className="icon-button"
                  aria-label={`Remove ${titleOf(study)}`}
                  onClick={() => onChange(studies.filter((_, i) => i !== index))}
                >
                  <Trash2 size={14} aria-hidden />
                </button>
              </div>
            );
          })}
          <input
            className="search"
            type="search"
            placeholder="Search indicators"
            aria-label="Search indicators"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <ul className="list" aria-label="Indicators">
            {found.map((indicator) => (
              <li key={indicator.id}>
                <button type="button" className="list-row" onClick={() => add(indicator)}>
                  <Plus size={13} aria-hidden />
                  <span className="mono">{indicator.id}</span>
                  <span>{indicator.title}</span>
                  <span className="muted clip">{indicator.description}</span>
                </button>
              </li>
            ))}
          </ul>
          {found.length === 0 ? <p className="muted">No indicator is called “{search}”.</p> : null}
          <div className="row end">
            <Dialog.Close className="button">Close</Dialog.Close>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
