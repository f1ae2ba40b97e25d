"""The channels of contact, and who acts in them."""

import numpy as np

CHANNELS = ("voice", "sms", "whatsapp", "email", "ivr", "letter", "portal", "chatbot")
VOICE, SMS, WHATSAPP, EMAIL, IVR, LETTER, PORTAL, CHATBOT = range(8)
ACTORS = ("human", "bot", "automated", "self")
HUMAN, BOT, AUTOMATED, SELF = range(4)

# those that population.CHANNELS_PREFERRED names
PREFERRED = np.array([WHATSAPP, VOICE, EMAIL, SMS])
