/** The site of the project's documents: `make site`. Source of pages: the files as they are, from the whole repository. */
import { cpSync, globSync } from "node:fs";
import { relative } from "node:path";
import { defineConfig, type MarkdownRenderer } from "vitepress";
import { anchorOf } from "../anchor.ts";
import { linkOnSite, type Project } from "../links.ts";
import { menu } from "../navigation.ts";
import { documents, pageOf, ROOT } from "../pages.ts";

const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_REF_NAME = "main" } = process.env;
const PACKAGES = `${ROOT}/site/node_modules`;
const pages = documents();
const project: Project = {
  documents: new Set(pages),
  // Set where GitHub builds the site.
  sourceUrl: GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/blob/${GITHUB_REF_NAME}/`,
};

export default defineConfig({
  title: "Liqo in TypeScript",
  description: "Separate Kubernetes clusters become one",
  srcDir: ROOT,
  outDir: `${ROOT}/.build/site`,
  cacheDir: `${ROOT}/.build/site-cache`,
  rewrites: Object.fromEntries(pages.map((document) => [document, pageOf(document)])),
  cleanUrls: true,
  // What a reader starts, the tutorial's port-forward: there is none while the site is built.
  ignoreDeadLinks: "localhostLinks",
  markdown: { anchor: { slugify: anchorOf }, config: adapt },
  vite: { resolve: { alias: vue() } },
  buildEnd: ({ outDir }) => addMermaid(`${outDir}/mermaid`),
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: menu().map((section) => ({ ...section, collapsed: false })),
    ...(project.sourceUrl && { socialLinks: [{ icon: "github", link: `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}` }] }),
  },
});

/** Pages lie outside of the folder that has the packages: they are told where Vue is. */
function vue(): { find: RegExp; replacement: string }[] {
  return [
    { find: /^vue$/, replacement: `${PACKAGES}/vue/dist/vue.runtime.esm-bundler.js` },
    {
      find: /^vue\/server-renderer$/,
      replacement: `${PACKAGES}/@vue/server-renderer/dist/server-renderer.esm-bundler.js`,
    },
  ];
}

function addMermaid(folder: string): void {
  for (const file of globSync("{mermaid.esm.min.mjs,chunks/mermaid.esm.min/*.mjs}", {
    cwd: `${PACKAGES}/mermaid/dist`,
  }))
    cpSync(`${PACKAGES}/mermaid/dist/${file}`, `${folder}/${file}`);
}

/** Links as they are on the site, and diagrams drawn. */
function adapt(md: MarkdownRenderer): void {
  md.core.ruler.push("links", ({ tokens, env }) => {
    for (const { children } of tokens) adaptLinks(children ?? [], relative(ROOT, env.realPath ?? env.path));
  });
  const code = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (token?.info === "mermaid") return `<Diagram text="${encodeURIComponent(token.content)}" />`;
    return code?.(tokens, index, ...rest) ?? "";
  };
}

type Tokens = NonNullable<Parameters<MarkdownRenderer["renderer"]["render"]>[0][number]["children"]>;

function adaptLinks(tokens: Tokens, document: string): void {
  let isLink = true;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const link = linkOnSite(document, token.attrGet("href") ?? "", project);
      isLink = link !== undefined;
      if (link !== undefined) token.attrSet("href", link);
    }
    if (isLink || !token.type.startsWith("link_")) continue;
    // Not a link then: the words alone.
    token.type = token.type.replace("link", "words");
    token.tag = "span";
    token.attrs = null;
  }
}
