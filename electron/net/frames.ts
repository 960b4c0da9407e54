/** An object as it came in a frame; nothing is known of its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a frame of a stream holds; undefined, which JSON cannot say, where it is no JSON. */
export function frameJson(data: string | Buffer): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : data.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The objects of a frame that is a list of them; everything else is told as malformed. */
export function frameEntries(
  data: string | Buffer,
  onMalformed: (problem: string) => void,
): readonly Fields[] {
  const value = frameJson(data);
  if (!Array.isArray(value)) {
    onMalformed(value === undefined ? 'a message that is no JSON' : 'a message that is no list');
    return [];
  }
  const entries: Fields[] = [];
  for (const each of value as unknown[]) {
    if (typeof each === 'object' && each !== null) entries.push(each as Fields);
    else onMalformed('an entry that is no object');
  }
  return entries;
}
