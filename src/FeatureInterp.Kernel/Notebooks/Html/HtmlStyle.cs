namespace FeatureInterp.Kernel.Notebooks;

/// <summary>The page's style sheet: a reading column, light or dark as the reader's system is, and ink on white when printed.</summary>
internal static class HtmlStyle
{
    public const string Css =
        """
        :root { color-scheme: light dark; --page: #ffffff; --ink: #1d2129; --soft: #5b6472; --line: #dfe3e8; --panel: #f6f7f9; --link: #0b62c4;
          --bad: #b3261e; --badpanel: #fdf0ef; --k: #8e3a9c; --s: #2d6a2f; --n: #a04a00; --c: #626a77; }
        @media (prefers-color-scheme: dark) { :root { --page: #14171c; --ink: #e3e6ea; --soft: #9aa4b2; --line: #2d333c; --panel: #1c2027; --link: #79b3f4;
          --bad: #f2958e; --badpanel: #2b1c1c; --k: #cf94dc; --s: #8fce91; --n: #e9ab77; --c: #8b95a3; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.6 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
        main { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
        h1, h2, h3, h4 { line-height: 1.25; margin: 2em 0 .6em; } h1 { margin-top: .4em; font-size: 2rem; }
        h2 { font-size: 1.45rem; border-bottom: 1px solid var(--line); padding-bottom: .25em; }
        p, ul, ol { margin: .7em 0; } a { color: var(--link); } blockquote { margin: 1em 0; padding: .1em 1em; border-left: 3px solid var(--line); color: var(--soft); }
        code, pre { font: .86rem/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
        p code, li code, td code { background: var(--panel); padding: .1em .3em; border-radius: 4px; }
        pre { margin: 0; overflow-x: auto; scrollbar-width: thin; } :focus-visible { outline: 2px solid var(--link); outline-offset: 1px; } section.markdown pre, section.raw pre { background: var(--panel); padding: .7em .9em; border-radius: 6px; }
        section.code { margin: 1.1rem 0; }
        details.source { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
        details.source > summary { cursor: pointer; padding: .15em .9em; color: var(--soft); font-size: .78rem; user-select: none; }
        details.source > pre { padding: .1em .9em .7em; tab-size: 4; }
        .output { margin: .5rem 0 .5rem .9rem; overflow-x: auto; } .output.stderr, .output.error { color: var(--bad); background: var(--badpanel); border-radius: 6px; padding: .6em .9em; }
        img, .output > svg { max-width: 100%; height: auto; } img.figure, .output > svg { display: block; }
        table { border-collapse: collapse; margin: .6em 0; font-size: .9rem; } th, td { padding: .25em .7em; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        td { font-variant-numeric: tabular-nums; } th { border-bottom-width: 2px; }
        th[align="right"], td[align="right"] { text-align: right; } th[align="center"], td[align="center"] { text-align: center; } td pre { white-space: pre-wrap; }
        .k { color: var(--k); } .s { color: var(--s); } .n { color: var(--n); } .c { color: var(--c); font-style: italic; }
        footer { margin-top: 3rem; color: var(--soft); font-size: .8rem; border-top: 1px solid var(--line); padding-top: .6em; }
        @media print { :root { --page: #fff; --ink: #000; --panel: #fff; color-scheme: light; } main { max-width: none; padding: 0; } pre { white-space: pre-wrap; }
          section.code, .output, img, tr { break-inside: avoid; } h1, h2, h3 { break-after: avoid; } details.source > summary { display: none; } }
        """;
}
