/** A Mermaid diagram, drawn by the reader's browser: GitHub does the same with the same text. */
import { withBase } from "vitepress";
import { defineComponent, h, onMounted, ref } from "vue";

let drawn = 0;

export const Diagram = defineComponent({
  props: { text: { type: String, required: true } },
  setup(props) {
    const text = decodeURIComponent(props.text);
    const drawing = ref("");
    onMounted(async () => {
      // As its makers have bundled it: to do that again takes a minute.
      const { default: mermaid } = await import(/* @vite-ignore */ withBase("/mermaid/mermaid.esm.min.mjs"));
      const isDark = document.documentElement.classList.contains("dark");
      mermaid.initialize({ startOnLoad: false, theme: isDark ? "dark" : "default" });
      drawing.value = (await mermaid.render(`diagram-${++drawn}`, text)).svg;
    });
    return () => (drawing.value === "" ? h("pre", text) : h("div", { innerHTML: drawing.value }));
  },
});
