// A click on a column's head puts the table's rows in its order; a second one turns them round.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("number");
      const falls = head.hasAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : isNumber;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falls ? "descending" : "ascending");
      const text = (row) => row.cells[column].textContent;
      const number = (row) => {
        const value = parseFloat(text(row).replaceAll(",", ""));
        return Number.isNaN(value) ? -Infinity : value;
      };
      const compare = isNumber
        ? (a, b) => number(a) - number(b)
        : (a, b) => text(a).localeCompare(text(b), undefined, { numeric: true });
      const rows = [...table.tBodies[0].rows].sort((a, b) => (falls ? -compare(a, b) : compare(a, b)));
      table.tBodies[0].append(...rows);
    });
  });
}
