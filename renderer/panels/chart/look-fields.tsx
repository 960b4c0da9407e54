import { STUDY_STYLES, type StudyStyle, type StudyValues } from '../../../engine/domain/study.ts';
import { cssColour } from './markers.ts';
import { hiddenAtFirst, isShown } from './study-look.ts';
import { MAX_WIDTH, PALETTE_SIZE, type OutputLook, type Study } from './study-model.ts';

interface LookFieldsProps {
  readonly study: Study;
  readonly outputs: readonly {
    readonly name: string;
    readonly label: string;
    readonly style: StudyStyle;
    readonly kind: StudyValues;
  }[];
  /** Colours without the user's choice; `null` is up and down by sign. */
  readonly usual: Readonly<Record<string, string | null>>;
  /** Whether it is drawn on the price. */
  readonly onPrice: boolean;
  readonly onChange: (study: Study) => void;
}

const STYLE_NAMES: Readonly<Record<StudyStyle, string>> = {
  line: 'Line',
  step: 'Steps',
  histogram: 'Columns',
  dots: 'Dots',
  area: 'Area',
  marks: 'Marks at bars',
};
const CUSTOM = 'custom';
const USUAL = '';

/** Shown or not, style, colour and width of each output. */
export function LookFields({ study, outputs, usual, onPrice, onChange }: LookFieldsProps) {
  const swatch = (colour: string | null | undefined): string =>
    colour === null || colour === undefined
      ? 'linear-gradient(135deg, var(--up) 50%, var(--down) 50%)'
      : cssColour(colour);
  const set = (name: string, change: Partial<Record<keyof OutputLook, unknown>>): void => {
    const merged = Object.entries({ ...study.looks[name], ...change });
    const look = Object.fromEntries(merged.filter(([, value]) => value !== undefined));
    onChange({ ...study, looks: { ...study.looks, [name]: look } });
  };
  return (
    <ul className="looks" aria-label="Outputs">
      {outputs.map((output) => {
        const { name, label, style } = output;
        const look = study.looks[name] ?? {};
        const drawn = look.style ?? style;
        const palette = look.colour?.startsWith('#') === true ? CUSTOM : (look.colour ?? USUAL);
        const thick = drawn !== 'histogram' && drawn !== 'marks';
        return (
          <li key={name}>
            <label className="look-name clip">
              <input
                type="checkbox"
                checked={isShown(look, output, onPrice)}
                aria-label={`Show ${label}`}
                onChange={(event) => {
                  const hidden = !event.target.checked;
                  const usual = hidden === hiddenAtFirst(output, onPrice);
                  set(name, { hidden: usual ? undefined : hidden });
                }}
              />
              <span className="clip">{label}</span>
            </label>
            <select
              aria-label={`Style of ${label}`}
              data-testid={`style-${name}`}
              value={drawn}
              onChange={(event) =>
                set(name, { style: event.target.value === style ? undefined : event.target.value })
              }
            >
              {STUDY_STYLES.map((each) => (
                <option key={each} value={each}>
                  {STYLE_NAMES[each]}
                </option>
              ))}
            </select>
            <select
              aria-label={`Colour of ${label}`}
              data-testid={`colour-${name}`}
              value={palette}
              onChange={(event) => {
                const { value } = event.target;
                const custom = hex(cssColour(look.colour ?? usual[name] ?? 'study-1'));
                set(name, {
                  colour: value === USUAL ? undefined : value === CUSTOM ? custom : value,
                });
              }}
            >
              <option value={USUAL}>Usual</option>
              {Array.from({ length: PALETTE_SIZE }, (_, i) => (
                <option key={i} value={`study-${i + 1}`}>
                  Colour {i + 1}
                </option>
              ))}
              <option value={CUSTOM}>Own …</option>
            </select>
            {palette === CUSTOM ? (
              <input
                type="color"
                aria-label={`Own colour of ${label}`}
                data-testid={`own-colour-${name}`}
                value={look.colour}
                onChange={(event) => set(name, { colour: event.target.value })}
              />
            ) : (
              <span
                className="swatch"
                aria-hidden
                style={{ background: swatch(palette === USUAL ? usual[name] : palette) }}
              />
            )}
            <select
              aria-label={`Width of ${label}`}
              data-testid={`width-${name}`}
              disabled={!thick}
              value={look.width ?? 1}
              onChange={(event) => {
                const width = Number(event.target.value);
                set(name, { width: width === 1 ? undefined : width });
              }}
            >
              {Array.from({ length: MAX_WIDTH }, (_, i) => (
                <option key={i} value={i + 1}>
                  {i + 1} px
                </option>
              ))}
            </select>
          </li>
        );
      })}
    </ul>
  );
}

/** A colour input takes `#rrggbb` only. */
function hex(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour.toLowerCase() : '#5b9bff';
}
