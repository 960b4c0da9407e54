import { markup, NOTHING, type Markup, type Part } from './markup.ts';

export interface TableColumn {
  readonly title: string;
  /** Figures are set to the right, in digits of one width. */
  readonly kind?: 'text' | 'figure';
}

export interface TableOptions {
  /** Read out by screen readers; shown where `showCaption` is set. */
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly Part[])[];
  readonly showCaption?: boolean;
  /** Class of the table. */
  readonly name?: string;
}

export function table(options: TableOptions): Markup {
  const { caption, columns, rows, showCaption = false, name = '' } = options;
  const kind = (index: number): string => (columns[index]?.kind === 'figure' ? 'figure' : 'text');
  return markup`<div class="scroll">
    <table class="${name}">
      <caption class="${showCaption ? 'shown' : 'aside'}">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ title }, index) => markup`<th scope="col" class="${kind(index)}">${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            markup`<tr>
              ${cells.map((cell, index) =>
                index === 0
                  ? markup`<th scope="row" class="${kind(0)}">${cell}</th>`
                  : markup`<td class="${kind(index)}">${cell}</td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Names and values below each other. */
export function facts(entries: readonly (readonly [name: string, value: Part])[]): Markup {
  return markup`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

export interface SectionOptions {
  readonly id: string;
  readonly title: string;
  /** What is shown, in what unit, over what span. */
  readonly note?: Part;
  readonly half?: boolean;
}

export function section(options: SectionOptions, ...content: readonly Part[]): Markup {
  const { id, title, note, half = false } = options;
  return markup`<section id="${id}" class="${half ? 'half' : 'wide'}" aria-labelledby="${id}-h">
    <header>
      <h2 id="${id}-h">${title}</h2>
      ${note === undefined ? NOTHING : markup`<p>${note}</p>`}
    </header>
    ${content}
  </section> `;
}

/** A figure whose sign is coloured as well as written. */
export function toned(text: string, value: number): Part {
  // What is written as 0 has no sign that a colour could go with.
  if (!/[1-9]/.test(text)) return text;
  if (value > 0) return markup`<span class="up">${text}</span>`;
  return value < 0 ? markup`<span class="down">${text}</span>` : text;
}

/** A bar inside a cell, as long as a value is of the largest. */
export function cellBar(value: number, largest: number): Markup {
  const share = largest > 0 && Number.isFinite(value) ? Math.abs(value) / largest : 0;
  const width = Math.round(share * 1_000) / 10;
  return markup`<span class="cell-bar ${value < 0 ? 'down' : 'up'}"
    ><i style="width:${width}%"></i
  ></span>`;
}

export function empty(text: string): Markup {
  return markup`<p class="empty">${text}</p>`;
}
