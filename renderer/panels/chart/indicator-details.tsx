import { Plus, Settings2, Star } from 'lucide-react';
import type { Indicator } from '../../client/store.ts';
import { chartDefaults } from './study-model.ts';

interface IndicatorDetailsProps {
  readonly indicator: Indicator;
  readonly favourite: boolean;
  readonly onFavourite: () => void;
  readonly onAdd: (edit: boolean) => void;
}

/** All that the catalogue says of one indicator. */
export function IndicatorDetails({
  indicator,
  favourite,
  onFavourite,
  onAdd,
}: IndicatorDetailsProps) {
  const { id, title, group, aliases, explanation, formula, source, outputs } = indicator;
  const { parameters, inputs, lookback, unstable } = indicator;
  const values = chartDefaults(indicator);
  const shown = Object.values(values).join(', ');
  // Expressions without arguments begin with other values than a chart does.
  const catalogue = parameters.map((parameter) => String(parameter.default)).join(', ');
  return (
    <article aria-label={title} aria-live="polite">
      <h3>{title}</h3>
      <p className="muted">
        <span className="mono">{[id, ...aliases].join(' · ')}</span>
        <br />
        {group}
      </p>
      <div className="row">
        <button type="button" className="button primary" onClick={() => onAdd(false)}>
          <Plus size={13} aria-hidden /> Add to the chart
        </button>
        <button type="button" className="button" onClick={() => onAdd(true)}>
          <Settings2 size={13} aria-hidden /> Add and edit
        </button>
        <button
          type="button"
          className="icon-button"
          aria-label="Favourite"
          aria-pressed={favourite}
          onClick={onFavourite}
        >
          <Star size={13} className={favourite ? 'star' : ''} aria-hidden />
        </button>
      </div>
      <p>{explanation}</p>
      <h4>Formula</h4>
      <p className="mono formula">{formula}</p>
      <h4>Parameters</h4>
      {parameters.length === 0 ? <p className="muted">None.</p> : null}
      <dl>
        {parameters.map((parameter) => (
          <div key={parameter.name}>
            <dt>{parameter.label}</dt>
            <dd>
              <strong>{String(values[parameter.name])}</strong>
              {'unit' in parameter && parameter.unit !== undefined ? ` ${parameter.unit}` : ''}
              <span className="muted"> {parameter.description}</span>
            </dd>
          </div>
        ))}
        <div>
          <dt>Reads</dt>
          <dd>{inputs.join(', ')}</dd>
        </div>
        <div>
          <dt>Gives</dt>
          <dd>{outputs.map(({ name }) => name).join(', ')}</dd>
        </div>
        <div>
          <dt>Lead-in</dt>
          <dd>
            {lookback} bars{catalogue === shown ? '' : ` as ${id}(${catalogue})`}
            {unstable ? '; early values depend on where the data begins' : ''}
          </dd>
        </div>
      </dl>
      <h4>Source</h4>
      <p>{source}</p>
    </article>
  );
}
