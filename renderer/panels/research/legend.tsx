import { useEffect, useRef } from 'react';
import { prepareCanvas, useSize } from '../../components/plot/canvas.ts';
import { token, useAppearance } from '../../components/theme.ts';
import { SHADES, shadesFor, shadeText, type Domain } from './colour-scale.ts';

interface LegendProps {
  readonly domain: Domain;
  readonly title: string;
  readonly format: (value: number) => string;
  /** A value that is marked: where the pointer or the cursor is. */
  readonly marked: number | null;
  readonly clipped: boolean;
  readonly onClip: (clipped: boolean) => void;
}

/** What the colours mean, with the place of the value under the cursor and of zero. */
export function Legend({ domain, title, format, marked, clipped, onClip }: LegendProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const { theme } = useAppearance();
  const { low, high } = domain;
  useEffect(() => {
    if (size === null) return;
    const context = prepareCanvas(canvas.current, size);
    if (context === null) return;
    const shades = shadesFor(theme);
    for (let x = 0; x < size.width; x += 1) {
      const shade = Math.round((x / Math.max(1, size.width - 1)) * (SHADES - 1));
      context.fillStyle = shadeText(shades, shade);
      context.fillRect(x, 3, 1, size.height - 6);
    }
    const mark = (value: number, colour: string, whole: boolean): void => {
      const part = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
      const x = Math.min(size.width - 2, Math.max(0, Math.round(part * size.width) - 1));
      context.fillStyle = token('panel');
      context.fillRect(x - 1, 0, 4, size.height);
      context.fillStyle = colour;
      context.fillRect(x, whole ? 0 : 3, 2, size.height - (whole ? 0 : 6));
    };
    if (low < 0 && high > 0) mark(0, token('muted'), false);
    if (marked !== null && Number.isFinite(marked)) mark(marked, token('text'), true);
  }, [size, theme, low, high, marked]);
  return (
    <div className="map-legend" data-testid="map-legend">
      <span className="muted clip">{title}</span>
      <span>{format(low)}</span>
      <div ref={box} className="map-ramp">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Colours from ${format(low)} to ${format(high)}`}
        />
      </div>
      <span>{format(high)}</span>
      <button
        type="button"
        className="button small"
        aria-pressed={clipped}
        title="Leave the outermost 2 % of the values out of the colours"
        onClick={() => onClip(!clipped)}
      >
        Clip 2 %
      </button>
    </div>
  );
}
