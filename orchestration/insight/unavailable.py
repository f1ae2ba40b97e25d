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
            f"Too little is known to train a model: the outcome of {rows} customers on earlier"
            f" decision days, {rarer} of them with the rarer one; needed are at least two such"
            f" days, {least_rows} customers and {least_rarer} with the rarer outcome."
        ),
        pt=(
            f"Ainda se sabe muito pouco para treinar um modelo: o desfecho de {rows} clientes em"
            f" dias de decisão anteriores, {rarer} deles com o mais raro; são necessários ao menos"
            f" dois desses dias, {least_rows} clientes e {least_rarer} com o desfecho mais raro."
        ),
        es=(
            f"Aún se sabe muy poco para entrenar un modelo: el desenlace de {rows} clientes en"
            f" días de decisión anteriores, {rarer} de ellos con el menos frecuente; se necesitan"
            f" al menos dos de esos días, {least_rows} clientes y {least_rarer} con el desenlace"
            " menos frecuente."
        ),
    )
