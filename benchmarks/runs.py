"""The runs that both sides record. Imports nothing, so that a peer's environment can import it."""

LEARNING_RATE = "3"
RECALL = 0.5


def parameters_of(number: int) -> dict[str, str]:
    """20 parameters, as text, which is what MLflow keeps them as."""
    others = {f"parameter_{index}": str(number * index) for index in range(19)}
    return {"learning_rate": str(number % 7), **others}


def metrics_of(number: int) -> dict[str, float]:
    """20 metrics."""
    return {"recall": number % 100 / 100, **{f"metric_{i}": number * i / 7 for i in range(19)}}
