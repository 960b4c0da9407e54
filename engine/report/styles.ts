/** The one style sheet of reports: the window's colours, light and dark, and paper. */
export const STYLES = `
:root{color-scheme:light dark;--background:#f5f7f9;--panel:#fff;--raised:#eef2f6;--line:#dfe4ea;--grid:#edf0f3;--text:#1b2530;--muted:#5b6875;--accent:#1f66d0;--up:#0b7d72;--down:#c92a27;--held:#7c8a98;--warning:#8f5b00;--font:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;--mono:ui-monospace,'SF Mono','DejaVu Sans Mono','Liberation Mono',monospace}
@media (prefers-color-scheme:dark){:root{--background:#0f1216;--panel:#151a20;--raised:#1c232b;--line:#2a323c;--grid:#1d242c;--text:#d7dde5;--muted:#8b97a5;--accent:#5b9bff;--up:#26a69a;--down:#ef5350;--held:#6e7b89;--warning:#e6a23c}}
@media (prefers-contrast:more){:root{--muted:var(--text);--line:var(--text)}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--background);color:var(--text);font:12px/1.45 var(--font);font-variant-numeric:tabular-nums}
main{max-width:1128px;margin:0 auto;padding:20px 12px 32px;display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:12px}
h1,h2,h3,p,dl,dd,ul{margin:0;padding:0}
h1{font-size:20px;font-weight:600;letter-spacing:-.01em}
h2{font-size:13px;font-weight:600}
h3{font-size:12px;font-weight:500;margin-top:8px;color:var(--text)}
h3 span{color:var(--muted);font-weight:400;margin-left:6px}
small{font-size:11px;color:var(--muted)}
code{font:11px var(--mono);overflow-wrap:anywhere}
em{font-style:normal;color:var(--muted)}
.up{color:var(--up)}.down{color:var(--down)}
.head{grid-column:1/-1;display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 16px;padding:0 2px}
.head p{color:var(--muted)}
.head .brand{margin-left:auto;letter-spacing:.04em}
section{background:var(--panel);border:1px solid var(--line);border-radius:4px;padding:10px 12px 12px;min-width:0}
.wide{grid-column:1/-1}
section>header{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 12px;margin-bottom:6px}
section>header p{color:var(--muted);font-size:11px}
.tiles{grid-column:1/-1;display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:4px;overflow:hidden}
.tile{background:var(--panel);padding:10px 12px}
.tile dt{color:var(--muted);font-size:11px}
.tile dd{font-size:19px;font-weight:600;letter-spacing:-.01em;line-height:1.4}
.tile dd.below{font-size:11px;font-weight:400;color:var(--muted);letter-spacing:0;line-height:1.35}
svg{display:block;width:100%;height:auto;font:11px var(--font);font-variant-numeric:tabular-nums}
.grid{stroke:var(--grid);fill:none}.base{stroke:var(--held);fill:none;stroke-dasharray:2 3}
.tick{fill:var(--muted)}.mid{text-anchor:middle}.number{fill:var(--text);font-size:10px;font-weight:600;paint-order:stroke;stroke:var(--panel);stroke-width:3px;stroke-linejoin:round}
.line{fill:none;stroke-width:1.5;stroke-linejoin:round}
.strategy{stroke:var(--accent)}.benchmark{stroke:var(--held);stroke-width:1.2}.thin{stroke-width:1.3}
.loss-line{stroke:var(--down);stroke-width:1}.price{stroke:var(--muted);stroke-width:1}.normal{stroke:var(--text);stroke-width:1.2;opacity:.75}.limit{stroke:var(--warning);stroke-dasharray:4 3}
.area{stroke:none}.loss{fill:var(--down);opacity:.2}.long{fill:var(--up);opacity:.4}.short{fill:var(--down);opacity:.4}
.fill.gain{fill:var(--up)}.fill.lost{fill:var(--down)}.fill.held{fill:var(--held);opacity:.75}
.trade{fill:none;stroke-width:1.4}.won{stroke:var(--up)}.lost-trade{stroke:var(--down);stroke-dasharray:4 2}
.mark-buy{fill:var(--up)}.mark-sell{fill:var(--down)}.mark-exit{fill:var(--panel);stroke:var(--text);stroke-width:1.2}
.dots{fill:none;stroke-width:4;stroke-linecap:round}.dot-buy{stroke:var(--up);opacity:.8}.dot-sell{stroke:var(--down);opacity:.8}.dot-exit{stroke:var(--muted);opacity:.6}
${Array.from({ length: 8 }, (_, i) => `.run-${i + 1}{stroke:var(--run-${i + 1})}`).join('')}
:root{--run-1:#1f66d0;--run-2:#a86400;--run-3:#7a3fc4;--run-4:#0a7f88;--run-5:#b83280;--run-6:#55801a;--run-7:#c2501c;--run-8:#5b6875}
@media (prefers-color-scheme:dark){:root{--run-1:#5b9bff;--run-2:#e6a23c;--run-3:#b07cf0;--run-4:#38bdc4;--run-5:#e377c2;--run-6:#9bc53d;--run-7:#f08a5d;--run-8:#a3b1c2}}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;font-size:11px;color:var(--muted);margin-bottom:2px}
.legend li{display:flex;align-items:center;gap:6px}
.key{display:inline-block;width:12px;height:3px;border-radius:1px;background:var(--accent)}
.key.benchmark,.key.held{background:var(--held)}.key.gain,.key.mark-buy{background:var(--up)}.key.lost,.key.mark-sell{background:var(--down)}.key.price{background:var(--muted)}.key.normal{background:var(--text)}.key.limit{background:var(--warning)}.key.mark-exit{background:none;border:1.2px solid var(--text);height:7px;width:7px;border-radius:50%}
.key.gain,.key.lost,.key.held{height:8px;width:8px}.key.mark-buy,.key.mark-sell{width:9px;height:8px;border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%)}.key.mark-sell{clip-path:polygon(0 0,100% 0,50% 100%)}
${Array.from({ length: 8 }, (_, i) => `.key.run-${i + 1}{background:var(--run-${i + 1})}`).join('')}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
caption.aside{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
caption.shown{text-align:left;font-weight:500;padding:2px 0 4px}
th,td{padding:3px 6px;text-align:left;font-weight:400;border-bottom:1px solid var(--grid);vertical-align:baseline}
th small{margin-left:6px}td small{padding-left:8px}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);font-size:11px;border-bottom-color:var(--line);vertical-align:bottom}
.figure{text-align:right;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
.heat th,.heat td{text-align:right;border:1px solid var(--panel);padding:4px 7px;width:7.2%}
.heat tbody th{color:var(--muted)}
.heat .warm{background:color-mix(in oklab,var(--up) var(--heat),var(--panel))}
.heat .cold{background:color-mix(in oklab,var(--down) var(--heat),var(--panel))}
.heat .total{font-weight:600;border-left:6px solid var(--panel);padding-right:4px}
.heat-scale{display:flex;align-items:center;justify-content:flex-end;gap:8px;margin-top:6px;font-size:11px;color:var(--muted)}
.heat-scale i{width:180px;height:8px;border-radius:2px;background:linear-gradient(to right in oklab,color-mix(in oklab,var(--down) 55%,var(--panel)),var(--panel),color-mix(in oklab,var(--up) 55%,var(--panel)))}
.facts{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:8px}
.facts dt{color:var(--muted);font-size:11px}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
.columns .facts{display:block;margin:0}
.columns .facts div{display:grid;grid-template-columns:130px minmax(0,1fr);padding:3px 0;border-bottom:1px solid var(--grid)}
.columns .facts dt{font-size:12px}.columns .facts dd{overflow-wrap:anywhere}
.listing{columns:3;column-gap:32px}.listing div{display:flex;justify-content:space-between;gap:12px;padding:3px 0;border-bottom:1px solid var(--grid);break-inside:avoid}.listing dt{color:var(--muted)}
.stack{display:grid;gap:12px;align-content:start;min-width:0}.stack section{height:100%}
.grouped{table-layout:fixed}.grouped th:first-child{width:26%}.grouped th:last-child,.grouped td:last-child{width:70px}.grouped tbody th{overflow-wrap:anywhere}
.blocks{columns:2;column-gap:32px}.blocks>div{break-inside:avoid;padding-bottom:12px}
.tight{font-size:11px}.tight th,.tight td{padding-left:4px;padding-right:4px}.tight th:first-child{padding-left:0}.tight th:last-child,.tight td:last-child{padding-right:0}
.cell-bar{display:block;width:56px;height:8px;margin-left:6px}.cell-bar i{display:block;height:100%;min-width:1px;border-radius:1px;background:currentColor;opacity:.75}
.empty{color:var(--muted);padding:12px 0}
footer{grid-column:1/-1;color:var(--muted);font-size:11px;padding:0 2px}
@media (max-width:860px){main{grid-template-columns:minmax(0,1fr)}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.columns{grid-template-columns:minmax(0,1fr)}.listing,.blocks{columns:1}.wide svg{min-width:640px}.wide{overflow-x:auto}}
@media print{:root{--background:#fff;--panel:#fff;--raised:#fff;--line:#c9d0d7;--grid:#e6eaee;--text:#111;--muted:#4a5560;--accent:#1f66d0;--up:#0b7d72;--down:#c92a27;--held:#93a0ad;--warning:#8f5b00;color-scheme:light}body{font-size:10px;print-color-adjust:exact;-webkit-print-color-adjust:exact}main{display:block;max-width:none;padding:0}section,.tiles,.head{break-inside:avoid;margin-bottom:8px}#statistics,#groups,#months{break-inside:auto}.stack{display:block}.scroll{overflow:visible}tr{break-inside:avoid}}
@page{margin:12mm}
`;
