import { createChart, LineSeries } from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import type { CrossValidationFindings } from '../../../engine/protocol/research-schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { token, useAppearance } from '../../components/theme.ts';
import { showWhole } from '../../components/whole-chart.ts';
import { points } from './walk-charts.tsx';

/** Paths that are drawn; more are one surface. */
const MOST_PATHS = 60;

interface PathsChartProps {
  readonly curves: {
    readonly time: Float64Array;
    readonly benchmark: Float64Array;
    readonly paths: readonly Float64Array[];
  };
}

/** Equity of every path, and of buying and holding. */
export function PathsChart({ curves }: PathsChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const appearance = useAppearance();
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart = createChart(container.current, chartOptions());
    const { time, benchmark, paths } = curves;
    const quiet = { priceLineVisible: false, lineWidth: 1, crosshairMarkerVisible: false } as const;
    for (const [k, path] of paths.slice(0, MOST_PATHS).entries()) {
      chart
        .addSeries(LineSeries, {
          ...quiet,
          color: token(`study-${(k % 8) + 1}`),
          lastValueVisible: false,
        })
        .setData(points(time, path));
    }
    chart
      .addSeries(LineSeries, {
        ...quiet,
        color: token('muted'),
        lineWidth: 2,
        title: 'Buy & hold',
      })
      .setData(points(time, benchmark));
    const end = showWhole(chart, container.current, time.length);
    return () => {
      end();
      chart.remove();
    };
  }, [curves, appearance]);
  return (
    <div
      ref={container}
      className="chart"
      role="img"
      aria-label={`Equity of ${curves.paths.length} paths, and of buying and holding`}
      data-testid="cross-paths"
    />
  );
}

/** Sharpe ratios of the paths on one line, with that of buying and holding. */
export function PathStrip({ findings }: { readonly findings: CrossValidationFindings }) {
  const { paths, benchmark, sharpe } = findings;
  const ratios = paths.map((path) => path.sharpe).filter(Number.isFinite);
  if (ratios.length === 0) return null;
  const all = [...ratios, benchmark.sharpe, 0].filter(Number.isFinite);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const room = (high - low) * 0.08 || 1;
  const at = (value: number): string =>
    `${((value - low + room) / (high - low + 2 * room)) * 100}%`;
  const words = ratios.map((value) => value.toFixed(2)).join(', ');
  return (
    <section className="strip" data-testid="cross-strip">
      <h4>Sharpe ratio of the paths</h4>
      <div
        className="strip-line"
        role="img"
        aria-label={`Paths ${words}; mean ${sharpe.mean.toFixed(2)}; buying and holding ${benchmark.sharpe.toFixed(2)}`}
      >
        <i className="zero" style={{ left: at(0) }} />
        {Number.isFinite(benchmark.sharpe) ? (
          <i className="hold" style={{ left: at(benchmark.sharpe) }} />
        ) : null}
        {ratios.map((value, k) => (
          // oxlint-disable-next-line react/no-array-index-key
          <b key={k} style={{ left: at(value) }} />
        ))}
      </div>
      <p className="strip-axis muted">
        <span>
          {ratios.length === 1
            ? ratios[0]?.toFixed(2)
            : `${sharpe.least.toFixed(2)} to ${sharpe.most.toFixed(2)}, mean ${sharpe.mean.toFixed(2)}`}
        </span>
        <span>┃ buy & hold {benchmark.sharpe.toFixed(2)}</span>
      </p>
    </section>
  );
}
