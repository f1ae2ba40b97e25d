"""Why there are no scores, in the three languages of those who ask."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unavailable:
    """A reason, a sentence in each language."""

    en: str
    pt: str
    es: str


NOT_INSTALLED = Unavailable(
    en="The daily job has no scikit-learn to train a model with: install the extra insight.",
    pt="A rotina diária não tem o scikit-learn para treinar um modelo: instale o extra insight.",
    es="El proceso diario no tiene scikit-learn para entrenar un modelo: instale el extra insight.",
)


def too_few(rows: int, rarer: int, least_rows: int, least_rarer: int) -> Unavailable:
    """Say that there is too little to train on: rows, and rows of the rarer outcome."""
    return Unavailable(
        en=(
            f"Too little is known to train a model: {rows} customers scored on an earlier day, of"
            f" whom {rarer} had the rarer outcome; at least two days, {least_rows} and"
            f" {least_rarer} are needed."
        ),
        pt=(
            f"Ainda se sabe muito pouco para treinar um modelo: {rows} clientes pontuáveis em dias"
            f" anteriores, {rarer} deles com o desfecho mais raro; são necessários ao menos dois"
            f" dias, {least_rows} e {least_rarer}."
        ),
        es=(
            f"Aún se sabe muy poco para entrenar un modelo: {rows} clientes puntuables en días"
            f" anteriores, {rarer} de ellos con el desenlace menos frecuente; se necesitan al menos"
            f" dos días, {least_rows} y {least_rarer}."
        ),
    )
