/** The shop's pictures: drawn here, one SVG per product. */
interface Drawing {
  readonly background: string;
  readonly shape: string;
}

const DRAWINGS: Readonly<Record<string, Drawing>> = {
  OLJCESPC7Z: {
    background: "#fde9c9",
    shape:
      '<g fill="none" stroke="#3b2f2f" stroke-width="8"><path d="M60 130h40m100 0h40" stroke-linecap="round"/><path d="M132 140q18-18 36 0"/></g><path d="M62 128c0-14 74-14 74 4 0 40-20 62-42 62s-34-30-32-66zM164 132c0-18 74-18 74-4 2 36-10 66-32 66s-42-22-42-62z" fill="#2f3e46"/><path d="M76 138c10-6 30-6 44 0l-30 38c-10-6-14-22-14-38z" fill="#ffffff" opacity=".18"/>',
  },
  "66VCHSJNUP": {
    background: "#dcefe6",
    shape:
      '<path d="M105 70c6 30 14 44 45 44s39-14 45-44l22 6c-4 40 6 54 20 66l-4 98H67l-4-98c14-12 24-26 20-66z" fill="#4f9d8a"/><path d="M105 70c6 30 14 44 45 44s39-14 45-44" fill="none" stroke="#3c7c6d" stroke-width="6"/><path d="M86 226h128" stroke="#3c7c6d" stroke-width="4"/>',
  },
  "1YMWWN1N4O": {
    background: "#e3e8f4",
    shape:
      '<rect x="122" y="40" width="56" height="220" rx="14" fill="#8d99ae"/><path d="M122 70h56M122 92h56M122 208h56M122 230h56" stroke="#6f7b91" stroke-width="5"/><circle cx="150" cy="150" r="62" fill="#2b2d42"/><circle cx="150" cy="150" r="50" fill="#f8f9fc"/><path d="M150 150V116M150 150l24 14" stroke="#2b2d42" stroke-width="7" stroke-linecap="round"/><circle cx="150" cy="150" r="5" fill="#d90429"/>',
  },
  L9ECAV7KIM: {
    background: "#f3e3d6",
    shape:
      '<path d="M48 186c40-4 52-44 84-46 34 26 78 30 112 36 12 2 14 22 2 24H52c-8 0-10-12-4-14z" fill="#a9673f"/><path d="M44 200h208v10c0 6-4 8-10 8H56c-8 0-12-6-12-18z" fill="#4a2c1a"/><path d="M130 142c18 22 52 30 78 32" fill="none" stroke="#7d4827" stroke-width="6"/><rect x="148" y="150" width="34" height="12" rx="5" fill="#e0b084" transform="rotate(18 165 156)"/>',
  },
  "2ZYFJ3GM2N": {
    background: "#f6dfe8",
    shape:
      '<path d="M62 104c0-26 22-40 50-40h90c20 0 36 18 36 40s-16 40-36 40h-90c-28 0-50-14-50-40z" fill="#d6577e"/><circle cx="112" cy="104" r="24" fill="#f9d3df"/><circle cx="112" cy="104" r="11" fill="#d6577e"/><path d="M150 142h38l16 92c2 10-4 14-12 14h-20c-8 0-10-6-11-14z" fill="#b23f65"/><path d="M238 90h22v28h-22z" fill="#7a2544"/>',
  },
  "0PUK6V6EV0": {
    background: "#fbeec5",
    shape:
      '<path d="M150 52c20 26 22 42 0 54-22-12-20-28 0-54z" fill="#f4a01c"/><path d="M150 74c8 12 8 20 0 26-8-6-8-14 0-26z" fill="#fff3c4"/><path d="M148 104h4v18h-4z" fill="#5b4636"/><path d="M100 120h100v108c0 14-10 22-22 22h-56c-12 0-22-8-22-22z" fill="#fffaf0"/><path d="M100 160h100v44H100z" fill="#c58940"/><path d="M118 176h64M118 188h44" stroke="#fffaf0" stroke-width="5"/>',
  },
  LS4PSXUNUM: {
    background: "#e4e6ea",
    shape:
      '<path d="M78 120h58l10 118c0 8-6 12-12 12H80c-6 0-12-4-12-12zM164 120h58l10 118c0 8-6 12-12 12h-54c-6 0-12-4-12-12z" fill="#adb5bd"/><path d="M78 120c0-46 58-46 58 0zM164 120c0-46 58-46 58 0z" fill="#6c757d"/><g fill="#f8f9fa"><circle cx="98" cy="104" r="4"/><circle cx="116" cy="104" r="4"/><circle cx="107" cy="94" r="4"/><circle cx="193" cy="100" r="4"/></g>',
  },
  "9SIQT8TOJO": {
    background: "#e6efd8",
    shape:
      '<rect x="88" y="62" width="124" height="34" rx="10" fill="#c69b5d"/><path d="M96 74h108M96 84h108" stroke="#a97f45" stroke-width="3"/><path d="M92 96h116c10 12 16 22 16 40v92c0 14-8 22-22 22H98c-14 0-22-8-22-22v-92c0-18 6-28 16-40z" fill="#ffffff" opacity=".75"/><path d="M76 168h148v60c0 14-8 22-22 22H98c-14 0-22-8-22-22z" fill="#d9a441"/><path d="M96 120v96" stroke="#ffffff" stroke-width="7" opacity=".8" stroke-linecap="round"/>',
  },
  "6E92ZMYYFZ": {
    background: "#dfe9f3",
    shape:
      '<path d="M198 120c50-8 52 76-4 74" fill="none" stroke="#30638e" stroke-width="16"/><path d="M78 96h126v112c0 22-16 38-38 38h-50c-22 0-38-16-38-38z" fill="#4a83b5"/><path d="M78 150h126v24H78z" fill="#eef4fa"/><ellipse cx="141" cy="96" rx="63" ry="14" fill="#6f4e37"/><path d="M120 70c-10-12 10-18 0-32M150 70c-10-12 10-18 0-32" fill="none" stroke="#9fb3c8" stroke-width="6" stroke-linecap="round"/>',
  },
};

/** The SVG of a product; undefined for an unknown id. */
export function productPicture(id: string): string | undefined {
  const drawing = DRAWINGS[id];
  if (drawing === undefined) return undefined;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300" role="img"><rect width="300" height="300" fill="${drawing.background}"/>${drawing.shape}</svg>`;
}

export const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#204051"/><path d="M8 12h16l-2 13H10z" fill="#f4d160"/><path d="M12 14V10a4 4 0 0 1 8 0v4" fill="none" stroke="#fff" stroke-width="2"/></svg>';
