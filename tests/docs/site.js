// What a reader would see of the page that is open: an expression, for the browser to evaluate.
() => {
  const numbers = colour => colour.match(/[\d.]+/g).map(Number);
  const blend = ([red, green, blue, alpha = 1], below) =>
    [red, green, blue].map((each, place) => alpha * each + (1 - alpha) * below[place]);
  const ground = element => element
    ? blend(numbers(getComputedStyle(element).backgroundColor), ground(element.parentElement))
    : [255, 255, 255];
  // As the Web Content Accessibility Guidelines define luminance and contrast.
  const luminance = colour => colour
    .map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = element => {
    const { color, fill } = getComputedStyle(element), below = ground(element);
    const pair = [blend(numbers(element.closest("svg") ? fill : color), below), below].map(luminance);
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const texts = () => {
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT), found = [];
    while (walk.nextNode()) if (walk.currentNode.data.trim()) found.push(walk.currentNode.parentElement);
    return [...new Set(found)].filter(each =>
      each.checkVisibility({ visibilityProperty: true }) && (!each.closest("svg") || each.closest("text")));
  };
  const path = url => url.replace(`${location.origin}/`, "");
  const told = element => `<${element.localName}> ${element.textContent.trim().slice(0, 40)}`;
  // Around the article the theme lets everything scroll: that would be the page.
  const scrolls = element => element && element.localName !== "article"
    && (/auto|scroll/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
  return {
    facts: () => ({
      title: document.title,
      heading: document.querySelector("h1")?.innerText,
      menu: [...document.querySelectorAll(".sidebar-tree a")].map(each => [path(each.href), each.textContent]),
      links: [...document.links].map(each => path(each.href)),
      anchors: [...document.querySelectorAll("[id]")].map(each => each.id),
      pictures: [...document.images].map(each => path(each.src)),
    }),
    looks: () => ({
      wide: [...document.querySelectorAll("article *")]
        .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !scrolls(each)).map(told)
        .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : []),
      faint: texts().map(each => [contrast(each), each]).filter(([ratio]) => ratio < 4.5)
        .map(([ratio, each]) => `${ratio.toFixed(1)} ${told(each)}`),
    }),
  };
}
