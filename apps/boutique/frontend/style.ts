/** The shop's style sheet. */
export const STYLE = `
:root{--ink:#1d2b33;--soft:#5f7480;--line:#e3e8eb;--paper:#fff;--back:#f6f8f9;--accent:#204051;--warm:#f4d160}
*{box-sizing:border-box}body{margin:0;font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--back)}
a{color:inherit}img{max-width:100%;display:block}
header{background:var(--paper);border-bottom:1px solid var(--line);position:sticky;top:0;z-index:2}
.bar{max-width:1080px;margin:auto;padding:.7rem 1.2rem;display:flex;gap:1rem;align-items:center}
.brand{display:flex;gap:.6rem;align-items:center;text-decoration:none;font-weight:700;font-size:1.1rem;margin-right:auto}.brand svg{width:30px;height:30px}
select,input,button{font:inherit;padding:.5rem .7rem;border:1px solid var(--line);border-radius:8px;background:var(--paper);color:inherit}
button,.button{background:var(--accent);color:#fff;border:0;border-radius:8px;padding:.6rem 1.1rem;cursor:pointer;text-decoration:none;font-weight:600}
button.quiet{background:transparent;color:var(--soft);border:1px solid var(--line)}
.cart{position:relative;text-decoration:none;font-weight:600}.count{background:var(--warm);border-radius:99px;padding:.05rem .5rem;margin-left:.3rem}
main{max-width:1080px;margin:auto;padding:1.2rem}
.hero{background:linear-gradient(120deg,#204051,#3b6978);color:#fff;border-radius:16px;padding:2.4rem;margin-bottom:1.6rem}.hero h1{margin:0 0 .3rem;font-size:2rem}.hero p{margin:0;opacity:.85}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:1.1rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:14px;overflow:hidden;text-decoration:none;transition:transform .15s,box-shadow .15s}
.card:hover{transform:translateY(-3px);box-shadow:0 8px 24px #20405122}.card div{padding:.8rem 1rem}.card b{display:block}.card span{color:var(--soft)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:2rem;align-items:start}.two>img{border-radius:16px}
.panel{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:1.3rem}
.price{font-size:1.5rem;font-weight:700}.ad{display:block;background:#fff8dd;border:1px dashed #e2c64f;border-radius:12px;padding:.8rem 1rem;margin:1.6rem 0;text-decoration:none}
.row{display:flex;gap:1rem;align-items:center;padding:.8rem 0;border-bottom:1px solid var(--line)}.row img{width:72px;border-radius:10px}.row .grow{flex:1}
form.fields{display:grid;grid-template-columns:1fr 1fr;gap:.8rem}form.fields label{display:flex;flex-direction:column;font-size:.85rem;color:var(--soft)}form.fields .wide{grid-column:1/-1}
h2{margin:1.6rem 0 .8rem}footer{max-width:1080px;margin:2rem auto;padding:1rem 1.2rem;color:var(--soft);font-size:.85rem;border-top:1px solid var(--line)}
code{background:#eef2f4;border-radius:5px;padding:.05rem .35rem}
@media(max-width:720px){.two,form.fields{grid-template-columns:1fr}.hero{padding:1.5rem}}
`;
