import type { Connection, ConnectionField } from '../../../engine/protocol/live-schemas.ts';

/** A connection's settings as they are typed. Keys begin empty and are forgotten when they were saved. */
export interface ConnectionForm {
  readonly values: Readonly<Record<string, string | boolean>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly automatic: boolean;
}

type Settings = Record<string, string | number | boolean>;

export function formOf(connection: Connection): ConnectionForm {
  const values = Object.fromEntries(
    connection.fields
      .filter(({ kind }) => kind !== 'key')
      .map((field) => [field.name, valueOf(field, connection.settings[field.name])]),
  );
  return { values, keys: {}, automatic: connection.automatic };
}

function valueOf(
  field: ConnectionField,
  setting: string | number | boolean | undefined,
): string | boolean {
  const value = setting ?? field.default;
  if (field.kind === 'boolean') return value === true;
  return value === null ? '' : String(value);
}

/** What `connections.configure` takes, or what is wrong by field. */
export function readConnection(
  connection: Connection,
  form: ConnectionForm,
):
  | {
      readonly settings: Settings;
      readonly keys: Record<string, string>;
    }
  | { readonly errors: Readonly<Record<string, string>> } {
  const settings: Settings = {};
  const errors: Record<string, string> = {};
  const stored = new Set(connection.keys.map(({ name }) => name));
  for (const field of connection.fields) {
    if (field.kind === 'key') {
      const given = form.keys[field.name]?.trim() ?? '';
      if (field.required && given === '' && !stored.has(field.name))
        errors[field.name] = `${field.label} is needed.`;
      continue;
    }
    const value = form.values[field.name];
    if (typeof value === 'boolean') settings[field.name] = value;
    else if (value === undefined || value.trim() === '') {
      if (field.required) errors[field.name] = `${field.label} is needed.`;
      else if (field.kind === 'text') settings[field.name] = '';
    } else if (field.kind === 'number') {
      const number = Number(value);
      if (Number.isFinite(number)) settings[field.name] = number;
      else errors[field.name] = 'This is not a number.';
    } else settings[field.name] = value.trim();
  }
  if (Object.keys(errors).length > 0) return { errors };
  const keys = Object.fromEntries(
    Object.entries(form.keys)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  return { settings, keys };
}

/** Where a key is kept, in words. */
export function placeText(place: Connection['keys'][number]['place']): string {
  switch (place) {
    case 'keychain':
      return 'stored in the keychain';
    case 'weak':
      return 'stored, weakly protected';
    case 'environment':
      return 'from the environment';
    case 'memory':
      return 'kept until Renata ends';
  }
}

/** Whether connecting or disconnecting is what its button does. */
export function isUp({ state }: Connection): boolean {
  return state.phase !== 'disconnected';
}

/** Lines that say what works: one for each part that does, one for each reason why others do not. */
export function partsTold(
  parts: Connection['state']['parts'],
  message: string,
): readonly { readonly text: string; readonly working: boolean }[] {
  const reasons = new Map<string, string[]>();
  for (const { name, working, note } of parts) {
    if (!working) reasons.set(note, [...(reasons.get(note) ?? []), name]);
  }
  return [
    ...parts
      .filter(({ working }) => working)
      .map(({ name, note }) => ({ text: note === '' ? name : `${name}: ${note}`, working: true })),
    ...[...reasons].map(([note, names]) => {
      const said = note === '' || message.startsWith(note) ? '' : `: ${note}`;
      return {
        text: `${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not work${said}`,
        working: false,
      };
    }),
  ];
}
