import { useMemo } from 'react';
import type { ResearchDimension } from '../../../engine/protocol/research-schemas.ts';
import { Plot } from '../../components/plot/plot.tsx';
import { ErrorState } from '../../components/states.tsx';
import type { Combination } from './combination.ts';
import { codeText } from './ranges.ts';
import { useAnswer } from './use-research.ts';

interface SlicesProps {
  readonly researchId: string;
  readonly dimensions: readonly ResearchDimension[];
  readonly chosen: Combination;
  readonly metric: { readonly expression: string; readonly title: string };
  readonly format: (value: number) => string;
  readonly version: number;
  readonly onPick: (combination: number) => void;
}

/** One line for each parameter: what the metric does along it while the others stay as they are. */
export function Slices(props: SlicesProps) {
  return (
    <div className="slices" data-testid="slices">
      {props.dimensions.map((dimension) => (
        <Slice key={dimension.name} {...props} dimension={dimension} />
      ))}
    </div>
  );
}

function Slice({
  researchId,
  dimension,
  chosen,
  metric,
  format,
  version,
  onPick,
}: SlicesProps & { readonly dimension: ResearchDimension }) {
  const { data, error, retry } = useAnswer(
    'sweeps.slice',
    {
      researchId,
      combination: chosen.combination,
      parameter: dimension.name,
      metric: metric.expression,
    },
    version,
  );
  const lines = useMemo(
    () => [
      {
        name: metric.title,
        values: data?.scores ?? new Float64Array(),
        colour: 'accent',
        dots: (data?.scores.length ?? 0) <= 60,
      },
    ],
    [data, metric.title],
  );
  const code = chosen.row[dimension.column] ?? Number.NaN;
  const x = data?.axis.values ?? new Float64Array();
  if (error !== null && data === null) return <ErrorState error={error} onRetry={retry} />;
  return (
    <figure className="slice">
      <figcaption>
        <span>
          along <strong>{dimension.name}</strong>
        </span>
        <span className="muted">
          at {codeText(dimension, code)}, {x.length} values
        </span>
      </figcaption>
      <div className="slice-plot">
        <Plot
          label={`${metric.title} along ${dimension.name}`}
          nameX={dimension.name}
          wholeX={dimension.kind !== 'real'}
          x={x}
          lines={lines}
          marked={x.indexOf(code)}
          formatX={(value) => codeText(dimension, Number(value.toPrecision(6)))}
          formatY={format}
          testId={`slice-${dimension.name}`}
          onPick={(at) => {
            const combination = data?.combinations[at];
            if (combination !== undefined) onPick(combination);
          }}
        />
      </div>
    </figure>
  );
}
