{#- How a contact broke, or would break, a conduct rule, in a sentence: by the kind of rule.
    What it has found stands where <since>, <observed>, <permitted>, <contacts> and <days>
    are; dates are ISO in every language. -#}
{% macro conduct_sentence(relation, language) -%}
    case {{ relation }}.rule_kind
        {%- for kind, sentences in conduct_sentences().items() %}
        when '{{ kind }}' then {{ filled_in(sentences[language], relation) }}
        {%- endfor %}
    end
{%- endmacro %}

{% macro filled_in(sentence, relation) -%}
    {%- set places = {
        'since': "cast(" ~ relation ~ ".since_date as string)",
        'observed': relation ~ ".observed",
        'permitted': relation ~ ".permitted",
        'contacts': "cast(" ~ relation ~ ".max_contacts as string)",
        'days': "cast(" ~ relation ~ ".within_days as string)",
    } -%}
    {%- set filled = namespace(sql="'" ~ sentence ~ "'") -%}
    {%- for place, found in places.items() if '<' ~ place ~ '>' in sentence -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '<" ~ place ~ ">', coalesce("
            ~ found ~ ", '-'))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{% macro conduct_sentences() -%}
    {{ return({
        'opted_out': {
            'en': 'The customer opted out of this channel on <since>.',
            'pt': 'O cliente pediu em <since> para não ser contatado por este canal.',
            'es': 'El cliente pidió el <since> que no se le contactara por este canal.',
        },
        'hold': {
            'en': 'The debt is in the stage <observed>, in which nobody is contacted.',
            'pt': 'A dívida está na fase <observed>, em que ninguém é contatado.',
            'es': 'La deuda está en la etapa <observed>, en la que no se contacta a nadie.',
        },
        'stated_hours': {
            'en': 'It was <observed> where the customer lives, who had stated <permitted>.',
            'pt': 'Eram <observed> no horário local do cliente, que havia informado <permitted>.',
            'es': 'Eran las <observed> en la hora local del cliente, que había indicado <permitted>.',
        },
        'stated_channel': {
            'en': 'The customer had named other channels: <permitted>.',
            'pt': 'O cliente havia indicado outros canais: <permitted>.',
            'es': 'El cliente había indicado otros canales: <permitted>.',
        },
        'permitted_hours': {
            'en': 'It was <observed> where the customer lives; permitted on that day: <permitted>.',
            'pt': 'Eram <observed> no horário local do cliente; permitido nesse dia: <permitted>.',
            'es': 'Eran las <observed> en la hora local del cliente; permitido ese día: <permitted>.',
        },
        'frequency_cap': {
            'en': 'There had been <contacts> contacts since <since>, as many as are permitted in <days> days.',
            'pt': 'Desde <since> já havia <contacts> contatos, o máximo permitido em <days> dias.',
            'es': 'Desde el <since> ya había <contacts> contactos, el máximo permitido en <days> días.',
        },
        'after_conversation': {
            'en': 'There was a conversation on <since>, which is the first of <days> days without a call.',
            'pt': 'Houve uma conversa em <since>, o primeiro de <days> dias sem ligações.',
            'es': 'Hubo una conversación el <since>, el primero de <days> días sin llamadas.',
        },
        'one_channel_a_week': {
            'en': 'There was a direct contact on another channel (<permitted>) in the same week, on <since>.',
            'pt': 'Houve um contato direto por outro canal (<permitted>) na mesma semana, em <since>.',
            'es': 'Hubo un contacto directo por otro canal (<permitted>) en la misma semana, el <since>.',
        },
        'one_contact_a_day': {
            'en': 'There had been a direct contact on the same day.',
            'pt': 'Já havia ocorrido um contato direto no mesmo dia.',
            'es': 'Ya había habido un contacto directo el mismo día.',
        },
    }) }}
{%- endmacro %}
