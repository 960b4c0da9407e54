import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { token, useAppearance } from '../theme.ts';
import { canvasFont, prepareCanvas, useSize, type Size } from './canvas.ts';
import { extentOf, nearestPlace, ticksOf } from './scale.ts';
import './plot.css';

export interface PlotLine {
  readonly name: string;
  readonly values: ArrayLike<number>;
  /** Design token. */
  readonly colour: string;
  readonly width?: number;
  readonly dashed?: boolean;
  /** Marks on every point; for few points, or gaps between them. */
  readonly dots?: boolean;
}

export interface PlotBand {
  readonly name: string;
  readonly low: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly colour: string;
  /** 0 to 1. */
  readonly strength: number;
}

interface PlotProps {
  readonly label: string;
  /** Ascending. */
  readonly x: ArrayLike<number>;
  readonly lines: readonly PlotLine[];
  readonly bands?: readonly PlotBand[];
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number) => string;
  readonly nameX: string;
  /** Whether there is nothing between two whole numbers of `x`. */
  readonly wholeX?: boolean;
  /** A place of `x` that is marked. */
  readonly marked?: number;
  /** A level that is drawn across, such as 0. */
  readonly level?: number;
  readonly logarithmic?: boolean;
  readonly testId?: string;
  readonly onPick?: (place: number) => void;
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const TOP = 20;
const BOTTOM = 18;
const RIGHT = 8;

/** A picture of some curves over numbers: axes, values at the pointer or at the keyboard's cursor. */
export function Plot(props: PlotProps) {
  const { x, lines, bands, formatX, formatY, level, logarithmic = false, marked } = props;
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const appearance = useAppearance();
  const [at, setAt] = useState<number | null>(null);
  const scale = useMemo(() => {
    const columns = [
      ...lines.map(({ values }) => values),
      ...(bands ?? []).flatMap(({ low, high }) => [low, high]),
    ];
    const extent = extentOf(level === undefined ? columns : [...columns, [level]]);
    if (extent === null || !logarithmic) return extent;
    const positive = extentOf(
      columns.map((column) => Array.from(column).filter((v) => v > 0)),
      0,
    );
    return positive === null ? extent : { low: positive.low / 1.05, high: positive.high * 1.05 };
  }, [lines, bands, level, logarithmic]);

  const left = useMemo(() => {
    if (scale === null) return 40;
    const widest = ticksOf(scale.low, scale.high, 4).map((tick) => formatY(tick).length);
    return Math.max(30, 6.2 * Math.max(...widest, 3) + 8);
  }, [scale, formatY]);

  const frame = useMemo<Frame | null>(
    () =>
      size === null
        ? null
        : { left, right: size.width - RIGHT, top: TOP, bottom: size.height - BOTTOM },
    [size, left],
  );

  useEffect(() => {
    if (size === null || frame === null || scale === null) return;
    const context = prepareCanvas(canvas.current, size);
    if (context === null) return;
    drawPlot(context, { ...props, logarithmic }, frame, scale, size, at);
  }, [size, frame, scale, at, props, logarithmic, appearance]);

  const place = (event: PointerEvent): number => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined || frame === null) return -1;
    const first = x[0] as number;
    const last = x[x.length - 1] as number;
    const part = (event.clientX - bounds.left - frame.left) / (frame.right - frame.left);
    return nearestPlace(x, first + part * (last - first));
  };

  function onKeyDown(event: KeyboardEvent): void {
    const from = at ?? marked ?? 0;
    const by = event.ctrlKey ? Math.max(2, Math.round(x.length / 10)) : 1;
    const next =
      event.key === 'ArrowLeft'
        ? from - by
        : event.key === 'ArrowRight'
          ? from + by
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? x.length - 1
              : null;
    if (next !== null) {
      setAt(Math.min(x.length - 1, Math.max(0, next)));
    } else if (event.key === 'Enter' && at !== null) {
      props.onPick?.(at);
    } else return;
    event.preventDefault();
  }

  const shown = at ?? marked ?? null;
  return (
    <div
      ref={box}
      className="plot"
      role="slider"
      aria-roledescription="chart"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, x.length - 1)}
      aria-valuenow={Math.max(0, shown ?? 0)}
      aria-valuetext={valueText(props, shown)}
      tabIndex={0}
      data-testid={props.testId}
      onPointerMove={(event) => setAt(place(event))}
      onPointerLeave={() => setAt(null)}
      onBlur={() => setAt(null)}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const picked = place(event as unknown as PointerEvent);
        if (picked >= 0) props.onPick?.(picked);
      }}
    >
      <canvas ref={canvas} aria-hidden />
      <p className="plot-legend" aria-hidden>
        {shown === null || shown < 0 || shown >= x.length ? null : (
          <span>
            {props.nameX} {formatX(x[shown] as number)}
          </span>
        )}
        {lines.map((line) => (
          <span key={line.name} style={{ color: `var(--${line.colour})` }}>
            {line.dashed === true ? '┄' : '━'} {line.name}{' '}
            {shown === null ? '' : formatY(line.values[shown] ?? Number.NaN)}
          </span>
        ))}
        {bands?.map((band) => (
          <span key={band.name}>
            {band.name}{' '}
            {shown === null
              ? ''
              : `${formatY(band.low[shown] ?? Number.NaN)} to ${formatY(band.high[shown] ?? Number.NaN)}`}
          </span>
        ))}
      </p>
      {scale === null ? <p className="plot-empty muted">No values yet</p> : null}
    </div>
  );
}

/** The values at a place in words. */
function valueText({ x, lines, nameX, formatX, formatY }: PlotProps, at: number | null): string {
  const value = at === null ? undefined : x[at];
  if (at === null || value === undefined) return 'no place chosen';
  const parts = lines.map(({ name, values }) => `${name} ${formatY(values[at] ?? Number.NaN)}`);
  return `${nameX} ${formatX(value)}: ${parts.join(', ')}`;
}

function drawPlot(
  context: CanvasRenderingContext2D,
  props: PlotProps & { readonly logarithmic: boolean },
  frame: Frame,
  scale: { readonly low: number; readonly high: number },
  size: Size,
  at: number | null,
): void {
  const { x, logarithmic } = props;
  const first = x[0] ?? 0;
  const span = (x[x.length - 1] ?? 1) - first || 1;
  const xOf = (value: number): number =>
    x.length === 1
      ? (frame.left + frame.right) / 2
      : frame.left + ((value - first) / span) * (frame.right - frame.left);
  const bend = (value: number): number => (logarithmic ? Math.log(Math.max(value, 1e-12)) : value);
  const [low, high] = [bend(scale.low), bend(scale.high)];
  const yOf = (value: number): number =>
    frame.bottom - ((bend(value) - low) / (high - low)) * (frame.bottom - frame.top);

  context.font = canvasFont(10);
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const tick of ticksOf(scale.low, scale.high, Math.max(2, size.height / 38))) {
    const y = Math.round(yOf(tick)) + 0.5;
    context.strokeStyle = token('grid');
    line(context, frame.left, y, frame.right, y);
    context.fillStyle = token('muted');
    context.fillText(props.formatY(tick), frame.left - 5, y);
  }
  context.textBaseline = 'alphabetic';
  drawAxis(context, props, frame, xOf);

  if (props.level !== undefined) {
    context.strokeStyle = token('muted');
    const y = Math.round(yOf(props.level)) + 0.5;
    line(context, frame.left, y, frame.right, y);
  }
  context.save();
  context.beginPath();
  context.rect(
    frame.left,
    frame.top - 2,
    frame.right - frame.left + 2,
    frame.bottom - frame.top + 4,
  );
  context.clip();
  for (const { low: below, high: above, colour, strength } of props.bands ?? []) {
    context.beginPath();
    for (let i = 0; i < x.length; i += 1) {
      context.lineTo(xOf(x[i] as number), yOf(above[i] as number));
    }
    for (let i = x.length - 1; i >= 0; i -= 1) {
      context.lineTo(xOf(x[i] as number), yOf(below[i] as number));
    }
    context.closePath();
    context.globalAlpha = strength;
    context.fillStyle = token(colour);
    context.fill();
    context.globalAlpha = 1;
  }
  for (const each of props.lines) drawLine(context, each, x, xOf, yOf);
  context.restore();
  if (props.marked !== undefined && props.marked >= 0 && props.marked < x.length) {
    const place = Math.round(xOf(x[props.marked] as number)) + 0.5;
    context.strokeStyle = token('text');
    context.setLineDash([2, 3]);
    line(context, place, frame.top, place, frame.bottom);
    context.setLineDash([]);
  }
  if (at !== null && at >= 0 && at < x.length) {
    const place = Math.round(xOf(x[at] as number)) + 0.5;
    context.strokeStyle = token('muted');
    line(context, place, frame.top, place, frame.bottom);
    for (const { values, colour } of props.lines) {
      dot(context, place, yOf(values[at] ?? Number.NaN), colour, 3);
    }
  }
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { x, formatX, wholeX = false }: PlotProps,
  frame: Frame,
  xOf: (value: number) => number,
): void {
  const ticks = ticksOf(x[0] ?? 0, x[x.length - 1] ?? 0, (frame.right - frame.left) / 70).filter(
    (tick) => !wholeX || Number.isInteger(tick),
  );
  context.fillStyle = token('muted');
  context.textAlign = 'center';
  for (const tick of ticks) {
    const place = xOf(tick);
    context.fillText(formatX(tick), Math.min(place, frame.right - 10), frame.bottom + 13);
    context.strokeStyle = token('grid');
    line(context, Math.round(place) + 0.5, frame.top, Math.round(place) + 0.5, frame.bottom);
  }
  context.strokeStyle = token('line');
  line(context, frame.left, frame.bottom + 0.5, frame.right, frame.bottom + 0.5);
}

function drawLine(
  context: CanvasRenderingContext2D,
  { values, colour, width = 1.5, dashed = false, dots = false }: PlotLine,
  x: ArrayLike<number>,
  xOf: (value: number) => number,
  yOf: (value: number) => number,
): void {
  context.strokeStyle = token(colour);
  context.lineWidth = width;
  context.lineJoin = 'round';
  context.setLineDash(dashed ? [5, 4] : []);
  context.beginPath();
  let drawing = false;
  for (let i = 0; i < x.length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) {
      drawing = false;
      continue;
    }
    const place = [xOf(x[i] as number), yOf(value)] as const;
    if (drawing) context.lineTo(...place);
    else context.moveTo(...place);
    drawing = true;
  }
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 1;
  if (!dots && x.length > 1) return;
  for (let i = 0; i < x.length; i += 1) {
    dot(context, xOf(x[i] as number), yOf(values[i] as number), colour, 2);
  }
}

function line(context: CanvasRenderingContext2D, ...[x0, y0, x1, y1]: number[]): void {
  context.beginPath();
  context.moveTo(x0 as number, y0 as number);
  context.lineTo(x1 as number, y1 as number);
  context.stroke();
}

function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  colour: string,
  radius: number,
): void {
  if (!Number.isFinite(y)) return;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = token(colour);
  context.fill();
}
