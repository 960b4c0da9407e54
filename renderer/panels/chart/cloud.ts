import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  UTCTimestamp,
} from 'lightweight-charts';
import { stamp } from './markers.ts';

type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];

export interface CloudEdges {
  readonly time: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Fill where the first edge is above the second, and where it is below. */
  readonly above: string;
  readonly below: string;
}

interface Corner {
  readonly x: number;
  readonly first: number;
  readonly second: number;
}

/** Fills the space between two lines of one scale, as between the spans of Ichimoku's cloud. */
export class Cloud implements ISeriesPrimitive {
  private edges: CloudEdges;
  private place: SeriesAttachedParameter | undefined;
  private readonly views: readonly IPrimitivePaneView[];

  constructor(edges: CloudEdges) {
    this.edges = edges;
    const renderer: IPrimitivePaneRenderer = { draw: (target) => this.draw(target) };
    this.views = [{ zOrder: () => 'bottom', renderer: () => renderer }];
  }

  attached(place: SeriesAttachedParameter): void {
    this.place = place;
  }

  detached(): void {
    this.place = undefined;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  show(edges: CloudEdges): void {
    this.edges = edges;
    this.place?.requestUpdate();
  }

  private draw(target: Target): void {
    const { place, edges } = this;
    const range = place?.chart.timeScale().getVisibleRange();
    if (place === undefined || range === null || range === undefined) return;
    const [from, to] = [range.from as UTCTimestamp, range.to as UTCTimestamp];
    target.useBitmapCoordinateSpace(
      ({ context, horizontalPixelRatio: scaleX, verticalPixelRatio: scaleY }) => {
        let run: Corner[] = [];
        let above = true;
        const close = (): void => {
          if (run.length > 1) {
            context.beginPath();
            for (const { x, first } of run) context.lineTo(x * scaleX, first * scaleY);
            for (const { x, second } of run.toReversed()) {
              context.lineTo(x * scaleX, second * scaleY);
            }
            context.closePath();
            context.fillStyle = above ? edges.above : edges.below;
            context.fill();
          }
          run = [];
        };
        for (let i = 0; i < edges.time.length; i += 1) {
          const time = stamp(edges.time[i] as number);
          if (time < from || time > to) continue;
          const corner = this.corner(place, time, i);
          if (corner === undefined) {
            close();
            continue;
          }
          const now = (edges.first[i] as number) >= (edges.second[i] as number);
          if (run.length > 0 && now !== above) {
            const last = run.at(-1) as Corner;
            close();
            run.push(last);
          }
          above = now;
          run.push(corner);
        }
        close();
      },
    );
  }

  private corner(
    { chart, series }: SeriesAttachedParameter,
    time: UTCTimestamp,
    index: number,
  ): Corner | undefined {
    const a = this.edges.first[index] as number;
    const b = this.edges.second[index] as number;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return undefined;
    const x = chart.timeScale().timeToCoordinate(time);
    const first = series.priceToCoordinate(a);
    const second = series.priceToCoordinate(b);
    return x === null || first === null || second === null ? undefined : { x, first, second };
  }
}
