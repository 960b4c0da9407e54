import { markup, raw, type Markup, type Part } from './markup.ts';
import { STYLES } from './styles.ts';

/** Nothing may be loaded and nothing may run: the file is whole by itself. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A whole document of some sections, as text. */
export function documentOf(
  title: string,
  head: Markup,
  sections: readonly Part[],
  foot: Part,
): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Renata">
<title>${title}</title>
<style>${raw(STYLES)}</style>
</head>
<body>
<main>
${head}
${sections}
<footer>${foot}</footer>
</main>
</body>
</html>
`.toString();
}
