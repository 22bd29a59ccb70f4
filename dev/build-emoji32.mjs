// Writes index.tsv for emoji32 from the emoji.json of an emoji-datasource package; called by build-emoji32.sh.
import { readFileSync } from 'node:fs';

const rows = [];
for (const emoji of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
    if (emoji.category === 'Component') continue;     // the five bare skin-tone swatches: colours, not things
    const variants = [['', emoji], ...Object.entries(emoji.skin_variations ?? {})];
    for (const [skin, drawing] of variants) {
        if (!drawing.has_img_google || !drawing.has_img_twitter) continue;
        rows.push([drawing.sheet_x, drawing.sheet_y, drawing.unified, skin,
            emoji.short_name, emoji.category, emoji.subcategory]);
    }
}
rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
const header = ['sheet_x', 'sheet_y', 'codepoints', 'skin', 'name', 'category', 'subcategory'];
process.stdout.write([header, ...rows].map(row => row.join('\t') + '\n').join(''));
