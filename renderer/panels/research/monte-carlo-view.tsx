import { Download } from 'lucide-react';
import { useMemo } from 'react';
import type {
  MonteCarloFindings,
  MonteCarloRequest,
  ResearchItem,
} from '../../../engine/protocol/research-schemas.ts';
import { download, toCsv } from '../../components/csv.ts';
import { formatCount, formatPercent } from '../../components/format.ts';
import { Plot, type PlotBand, type PlotLine } from '../../components/plot/plot.tsx';
import { fileName } from './export-rows.ts';
import { Finished } from './finished.tsx';
import { probabilityText } from './texts.ts';
import type { ViewState } from './view-state.ts';

const METHODS = {
  shuffle: 'in another order',
  bootstrap: 'drawn with replacement',
  blocks: 'drawn in stretches',
} as const;

interface Switches {
  readonly view: ViewState;
  readonly onView: (part: Partial<ViewState>) => void;
}

interface MonteCarloViewProps extends Switches {
  readonly item: ResearchItem;
  readonly version: number;
}

/** Other courses that a run could have taken: fan of equity, spread of its figures, ruin. */
export function MonteCarloView({ item, version, ...switches }: MonteCarloViewProps) {
  return (
    <Finished
      item={item}
      version={version}
      kind="monte-carlo"
      reading="Reading the simulation …"
      running="Simulating …"
      unfinished="Start it again from the form."
    >
      {(findings, { request }) => (
        <MonteCarloResult item={item} findings={findings} request={request} {...switches} />
      )}
    </Finished>
  );
}

interface MonteCarloResultProps extends Switches {
  readonly item: ResearchItem;
  readonly findings: MonteCarloFindings;
  readonly request: MonteCarloRequest;
}

function MonteCarloResult({ item, findings, request, view, onView }: MonteCarloResultProps) {
  return (
    <div className="monte" data-testid="monte-view">
      <div className="headline-row">
        <dl className="headline" data-testid="monte-headline">
          <Figure
            name={`Ruin, to ${Math.round(request.ruin * 100)} %`}
            text={probabilityText(findings.ruinProbability)}
            warn={findings.ruinProbability > 0.05}
          />
          <Figure
            name="Ends with a loss"
            text={probabilityText(findings.lossProbability)}
            warn={findings.lossProbability > 0.25}
          />
          <Figure name="Median CAGR" text={formatPercent(middle(findings.cagr.quantiles))} />
          <Figure
            name="Median drawdown"
            text={formatPercent(-middle(findings.maxDrawdown.quantiles))}
          />
          <Figure name="Paths" text={formatCount(findings.paths)} />
          <Figure
            name={request.of === 'trades' ? 'Trades' : 'Bars'}
            text={`${formatCount(findings.returns)} ${METHODS[request.method]}${
              request.method === 'blocks' ? ` of ${findings.blockLength.toFixed(1)}` : ''
            }`}
          />
        </dl>
        <button
          type="button"
          className="button"
          aria-pressed={view.log}
          onClick={() => onView({ log: !view.log })}
        >
          Log
        </button>
        <button type="button" className="button" onClick={() => saveFan(item, findings)}>
          <Download size={13} aria-hidden /> CSV
        </button>
      </div>
      <div className="monte-body">
        <figure className="monte-fan">
          <Fan findings={findings} request={request} logarithmic={view.log} />
        </figure>
        <div className="monte-spreads">
          <Spread
            title="CAGR"
            band={findings.cagr}
            quantiles={findings.quantiles}
            format={tenths}
          />
          <Spread
            title="Max. drawdown"
            band={findings.maxDrawdown}
            quantiles={findings.quantiles}
            format={(value) => tenths(-value)}
          />
          <Spread
            title="Final equity"
            band={findings.growth}
            quantiles={findings.quantiles}
            format={times}
          />
          <p className="muted">
            Boxes hold the middle half, lines nine tenths of the paths. ◆ is the run as it was.
            {request.of === 'trades'
              ? ' Drawdowns of trades are those between exits: what happened inside a trade is not seen.'
              : ''}
            {request.method === 'shuffle'
              ? ' Another order ends where the run ended: only the way differs.'
              : ''}
          </p>
        </div>
      </div>
    </div>
  );
}

const tenths = (part: number): string =>
  Number.isFinite(part) ? `${(part * 100).toFixed(1)} %` : 'n/a';

const times = (value: number): string =>
  Number.isFinite(value) ? `${value.toFixed(value < 10 ? 2 : 1)} ×` : 'n/a';

function middle(quantiles: readonly number[]): number {
  return quantiles[quantiles.length >> 1] ?? Number.NaN;
}

function Figure({ name, text, warn = false }: { name: string; text: string; warn?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={warn ? 'warning' : ''}>{text}</dd>
    </div>
  );
}

interface FanProps {
  readonly findings: MonteCarloFindings;
  readonly request: MonteCarloRequest;
  readonly logarithmic: boolean;
}

/** Bands of equity from the outside in, the median and the run itself. */
function Fan({ findings, request, logarithmic }: FanProps) {
  const { bands, lines } = useMemo(() => {
    const { quantiles, equity, actualEquity } = findings;
    const name = (k: number): string => `${Math.round((quantiles[k] ?? 0) * 100)}`;
    const made: PlotBand[] = [];
    for (let k = 0; k < quantiles.length >> 1; k += 1) {
      const other = quantiles.length - 1 - k;
      made.push({
        name: `${name(k)}–${name(other)} %`,
        low: equity[k] ?? [],
        high: equity[other] ?? [],
        colour: 'accent',
        strength: 0.16 + 0.12 * k,
      });
    }
    const drawn: PlotLine[] = [
      { name: 'Median', values: equity[quantiles.length >> 1] ?? [], colour: 'accent' },
      { name: 'The run', values: actualEquity, colour: 'text', width: 2 },
    ];
    return { bands: made, lines: drawn };
  }, [findings]);
  return (
    <Plot
      label="Equity of the simulated paths"
      nameX={request.of === 'trades' ? 'Trade' : 'Bar'}
      wholeX
      x={findings.steps}
      bands={bands}
      lines={lines}
      level={request.ruin}
      logarithmic={logarithmic}
      formatX={formatCount}
      formatY={times}
      testId="monte-fan"
    />
  );
}

interface SpreadProps {
  readonly title: string;
  readonly band: MonteCarloFindings['cagr'];
  readonly quantiles: readonly number[];
  readonly format: (value: number) => string;
}

/** Five quantiles as a box, with the run's own value among them. */
function Spread({ title, band, quantiles, format }: SpreadProps) {
  const values = band.quantiles;
  const finite = [...values, band.actual].filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const room = (high - low) * 0.06 || 1;
  const at = (value: number | undefined): number =>
    (((value ?? low) - low + room) / (high - low + 2 * room)) * 100;
  const [outer, inner, centre, innerHigh, outerHigh] = values;
  return (
    <section className="spread" aria-label={title}>
      <div className="row">
        <h4>{title}</h4>
        <span className="spacer" />
        <span className="muted">
          run {format(band.actual)}
          {Number.isFinite(band.percentile)
            ? ` · beats ${probabilityText(title === 'Max. drawdown' ? 1 - band.percentile : band.percentile)}`
            : ''}
        </span>
      </div>
      {finite.length === 0 ? null : (
        <div className="spread-box" aria-hidden>
          <i
            className="reach"
            style={{ left: `${at(outer)}%`, right: `${100 - at(outerHigh)}%` }}
          />
          <i className="half" style={{ left: `${at(inner)}%`, right: `${100 - at(innerHigh)}%` }} />
          <i className="centre" style={{ left: `${at(centre)}%` }} />
          {Number.isFinite(band.actual) ? <b style={{ left: `${at(band.actual)}%` }}>◆</b> : null}
        </div>
      )}
      <dl>
        {quantiles.map((quantile, k) => (
          <div key={quantile}>
            <dt>{Math.round(quantile * 100)} %</dt>
            <dd>{format(values[k] ?? Number.NaN)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function saveFan(item: ResearchItem, findings: MonteCarloFindings): void {
  const { steps, equity, actualEquity, quantiles } = findings;
  const rows = steps.map((step, k) => [
    step,
    ...equity.map((band) => band[k] as number),
    actualEquity[k] as number,
  ]);
  const header = ['step', ...quantiles.map((each) => `q${Math.round(each * 100)}`), 'run'];
  download(`${fileName(item.title)}.csv`, toCsv(header, rows));
}
