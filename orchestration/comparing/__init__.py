"""Why a figure changed, and which rows make it."""
